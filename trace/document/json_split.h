// Cuts JSON text into members or elements without changing a byte of them.
//
// For text that was already checked (by DocumentParser): on anything else the
// result is unspecified, but no byte outside the text is read.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_JSON_SPLIT_H_
#define ROENTGEN_TRACE_DOCUMENT_JSON_SPLIT_H_

#include <string>
#include <string_view>
#include <vector>

namespace roentgen::storage {

struct JsonMember {
  std::string_view key_token;  // With its quotes.
  std::string key;             // Unescaped.
  std::string_view value;
};

// Members of a JSON object. Of members given twice only the last is kept.
std::vector<JsonMember> SplitObject(std::string_view object);

// Elements of a JSON array.
std::vector<std::string_view> SplitArray(std::string_view array);

// The string that a JSON string token stands for.
std::string UnescapeJson(std::string_view token);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_JSON_SPLIT_H_
