#include "query/lang/string_literal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "query/lang/characters.h"

namespace roentgen::query {
namespace {

using Fault = StringLiteral::Fault;

constexpr size_t kUnicodeEscapeLength = 6;  // \u0041

bool IsHighSurrogate(uint32_t unit) { return unit >> 10 == 0xD800 >> 10; }
bool IsLowSurrogate(uint32_t unit) { return unit >> 10 == 0xDC00 >> 10; }

// The code unit of "\u" and four hexadecimal digits.
std::optional<uint32_t> CodeUnit(std::string_view text) {
  if (text.size() < kUnicodeEscapeLength || text.substr(0, 2) != "\\u") {
    return std::nullopt;
  }
  uint32_t unit = 0;
  const char* begin = text.data() + 2;
  const char* end = text.data() + kUnicodeEscapeLength;
  const auto [stop, error] = std::from_chars(begin, end, unit, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return unit;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  StringLiteral Run() && {
    out_.length = 1;
    while (out_.fault == Fault::kNone) {
      if (rest().empty()) return Fail(Fault::kUnclosed, 0);
      const char c = rest()[0];
      if (c == '"') {
        ++out_.length;
        return out_;
      }
      c == '\\' ? ReadEscape() : ReadCharacter();
    }
    return out_;
  }

 private:
  std::string_view rest() const { return text_.substr(out_.length); }

  StringLiteral& Fail(Fault fault, size_t length) {
    out_.fault = fault;
    out_.fault_length = length;
    return out_;
  }

  void ReadCharacter() {
    const size_t length = CharacterLength(rest());
    if (length == 0) {
      Fail(Fault::kNotUtf8, 1);
    } else if (static_cast<uint8_t>(rest()[0]) < 0x20) {
      Fail(Fault::kControlCharacter, 1);
    } else {
      out_.value += rest().substr(0, length);
      out_.length += length;
    }
  }

  void ReadEscape() {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    if (rest().size() < 2) {
      out_.length = text_.size();
      Fail(Fault::kUnclosed, 0);
      return;
    }
    if (rest()[1] == 'u') {
      ReadUnicodeEscape();
      return;
    }
    const size_t name = kNames.find(rest()[1]);
    if (name == std::string_view::npos) {
      // The whole character after the backslash is shown.
      const size_t length = CharacterLength(rest().substr(1));
      Fail(Fault::kBadEscape, 1 + std::max<size_t>(length, 1));
      return;
    }
    out_.value += kValues[name];
    out_.length += 2;
  }

  void ReadUnicodeEscape() {
    const std::optional<uint32_t> unit = CodeUnit(rest());
    if (!unit) {
      Fail(Fault::kBadEscape, 2);
      return;
    }
    if (!IsHighSurrogate(*unit) && !IsLowSurrogate(*unit)) {
      AppendCharacter(out_.value, *unit);
      out_.length += kUnicodeEscapeLength;
      return;
    }
    const auto second = CodeUnit(rest().substr(kUnicodeEscapeLength));
    if (!IsHighSurrogate(*unit) || !second || !IsLowSurrogate(*second)) {
      Fail(Fault::kBadEscape, kUnicodeEscapeLength);
      return;
    }
    AppendCharacter(out_.value,
                    0x10000 + ((*unit - 0xD800) << 10) + (*second - 0xDC00));
    out_.length += 2 * kUnicodeEscapeLength;
  }

  const std::string_view text_;
  StringLiteral out_;
};

}  // namespace

StringLiteral ReadStringLiteral(std::string_view text) {
  return Reader(text).Run();
}

}  // namespace roentgen::query
