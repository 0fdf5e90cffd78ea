// Writes JSON by appending to a string.
//
//   std::string out;
//   JsonWriter json(out);
//   json.BeginObject();
//   json.Key("Traces").BeginArray().EndArray();
//   json.Key("Count").Int(3);
//   json.EndObject();                    // {"Traces":[],"Count":3}
//
// Commas are placed by looking at the last byte written, so a writer has no
// state of its own: writers on one string may follow each other. Nesting and
// the order of keys and values are the caller's.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_BASE_JSON_WRITER_H_
#define ROENTGEN_BASE_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace roentgen {

// `text` in quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

class JsonWriter {
 public:
  // `out` outlives the writer.
  explicit JsonWriter(std::string& out) : out_(out), begin_(out.size()) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  // A value must follow.
  JsonWriter& Key(std::string_view key);

  JsonWriter& String(std::string_view value);
  JsonWriter& Int(int64_t value);
  // Shortest form that reads back the same; null when not finite. Whole
  // numbers have no fraction: "3".
  JsonWriter& Double(double value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // `json` is one complete JSON value.
  JsonWriter& Raw(std::string_view json);

 private:
  void Separate();

  std::string& out_;
  const size_t begin_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_WRITER_H_
