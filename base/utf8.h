// Texts that may not be UTF-8: how much of them is, and what is shown instead.
//
//   if (!IsUtf8(text)) text = MendedUtf8(text);
//
// Threads: pure.
#ifndef ROENTGEN_BASE_UTF8_H_
#define ROENTGEN_BASE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace roentgen {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Bytes of the character that `text` begins with; 0 when it begins with none.
// `text` is not empty.
size_t Utf8SequenceLength(std::string_view text);

bool IsUtf8(std::string_view text);

// With U+FFFD in place of each byte that belongs to no character.
std::string MendedUtf8(std::string_view text);
// Bytes of that.
size_t MendedUtf8Size(std::string_view text);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_UTF8_H_
