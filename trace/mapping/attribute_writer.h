// Appends attributes of OTLP in wire format, one by one.
//
//   AttributeWriter out(9, span);  // Repeated field 9 of the message `span`.
//   out.Text("enduser.id", user);
//   out.Int("http.response.status_code", 200);
//
// Empty texts and lists are left out.
//
// Format: opentelemetry.proto.common.v1.KeyValue.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_MAPPING_ATTRIBUTE_WRITER_H_
#define ROENTGEN_TRACE_MAPPING_ATTRIBUTE_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/document/segment_document.h"

namespace roentgen::storage {

class AttributeWriter {
 public:
  // `out` outlives the writer.
  AttributeWriter(uint32_t field, std::string& out)
      : field_(field), out_(out) {}
  AttributeWriter(const AttributeWriter&) = delete;
  AttributeWriter& operator=(const AttributeWriter&) = delete;

  void Text(std::string_view key, std::string_view value);
  void Bool(std::string_view key, bool value);
  void Int(std::string_view key, int64_t value);
  void Double(std::string_view key, double value);
  void Texts(std::string_view key, const std::vector<std::string>& values);
  // Also an empty text.
  void Scalar(std::string_view key, const AnnotationView& value);
  // A JSON value that was checked, with lists and maps as such. Null and empty
  // texts are left out. A number that neither 64 bits nor a double hold, and
  // what nests deeper than attributes may, becomes a text.
  void Json(std::string_view key, std::string_view json);

 private:
  void Add(std::string_view key);

  const uint32_t field_;
  std::string& out_;
  std::string value_;  // An AnyValue.
  std::string pair_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ATTRIBUTE_WRITER_H_
