#include "base/json_mend.h"

#include <cstdint>

#include "base/hex_digit.h"
#include "base/utf8.h"
#include "simdjson.h"

namespace roentgen {
namespace {

constexpr size_t kEscapeSize = 6;  // "\ud83d"

bool IsHigh(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLow(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

// The UTF-16 unit that `text` begins with as an escape; -1: it does not.
int EscapedUnit(std::string_view text) {
  if (text.size() < kEscapeSize || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    if (!IsHexDigit(c)) return -1;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit * 16 + digit;
  }
  return unit;
}

// What stands at a backslash.
struct Escape {
  size_t size = 2;
  bool is_half = false;
};

Escape EscapeAt(std::string_view text) {
  const int unit = EscapedUnit(text);
  if (unit < 0) return {};
  const bool pair =
      IsHigh(unit) && IsLow(EscapedUnit(text.substr(kEscapeSize)));
  return {.size = pair ? 2 * kEscapeSize : kEscapeSize,
          .is_half = !pair && (IsHigh(unit) || IsLow(unit))};
}

// Whether "\ud" or "\uD" stands anywhere, escape or not: most texts have many
// escapes and no such one. The inner loop is for the compiler to vectorize.
bool HasSurrogate(std::string_view text) {
  constexpr size_t kBlock = 64, kAhead = 2;
  const char* at = text.data();
  const auto is_one = [](const char* p) -> unsigned {
    return (p[0] == '\\') & (p[1] == 'u') & ((p[2] | 0x20) == 'd');
  };
  size_t i = 0;
  for (; i + kBlock + kAhead <= text.size(); i += kBlock) {
    unsigned any = 0;
    for (size_t j = 0; j < kBlock; ++j) any |= is_one(at + i + j);
    if (any != 0) return true;
  }
  for (; i + kAhead < text.size(); ++i) {
    if (is_one(at + i) != 0) return true;
  }
  return false;
}

// Where the first half of a pair is escaped, from `i` on.
size_t FindHalf(std::string_view text, size_t i) {
  while ((i = text.find('\\', i)) != text.npos) {
    const Escape escape = EscapeAt(text.substr(i));
    if (escape.is_half) return i;
    i += escape.size;
  }
  return text.npos;
}

}  // namespace

bool HasHalfSurrogate(std::string_view text) {
  return HasSurrogate(text) && FindHalf(text, 0) != text.npos;
}

size_t MendedJsonSize(std::string_view text) {
  // U+FFFD as an escape is as long as what it replaces.
  if (simdjson::validate_utf8(text.data(), text.size())) {
    return HasHalfSurrogate(text) ? text.size() : 0;
  }
  return MendedUtf8Size(text);
}

std::optional<std::string> MendedJson(std::string_view text) {
  const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
  size_t half = HasSurrogate(text) ? FindHalf(text, 0) : text.npos;
  if (is_utf8 && half == text.npos) return std::nullopt;
  std::string out = is_utf8 ? std::string(text) : MendedUtf8(text);
  // Mending bytes moved what comes after them.
  if (!is_utf8) half = FindHalf(out, 0);
  for (; half != out.npos; half = FindHalf(out, half + kEscapeSize)) {
    out.replace(half, kEscapeSize, "\\ufffd");
  }
  return out;
}

}  // namespace roentgen
