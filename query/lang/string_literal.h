// Strings of the language: JSON strings.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_STRING_LITERAL_H_
#define ROENTGEN_QUERY_LANG_STRING_LITERAL_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace roentgen::query {

struct StringLiteral {
  enum class Fault {
    kNone,
    kUnclosed,
    kBadEscape,
    kControlCharacter,
    kNotUtf8,
  };
  Fault fault = Fault::kNone;
  std::string value;
  // Bytes read, quotes included. On a fault: where the offending bytes begin,
  // and how many they are.
  size_t length = 0;
  size_t fault_length = 0;
};

// `text` begins with the opening quote.
StringLiteral ReadStringLiteral(std::string_view text);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_STRING_LITERAL_H_
