// Characters of expression text: ASCII case, UTF-8, and what may be shown.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_CHARACTERS_H_
#define ROENTGEN_QUERY_LANG_CHARACTERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace roentgen::query {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
// Of a word, and of an annotation key without brackets.
constexpr bool IsWordCharacter(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_';
}
constexpr bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters of ASCII compare without case, all else by byte.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
std::string ToLower(std::string_view text);

// Bytes of the character that `text` begins with; 0 when it is no UTF-8.
// `text` is not empty.
size_t CharacterLength(std::string_view text);
// Bytes that begin a character: exact for UTF-8, defined for all else.
size_t CountCharacters(std::string_view text);
// `code_point` is no surrogate and at most U+10FFFF.
void AppendCharacter(std::string& out, uint32_t code_point);

// `text` for an error message: at most `characters_max` characters ("..."
// stands for the rest), control characters and bytes that are not UTF-8 as
// escapes.
std::string Printable(std::string_view text, size_t characters_max);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_CHARACTERS_H_
