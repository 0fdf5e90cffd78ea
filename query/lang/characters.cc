#include "query/lang/characters.h"

#include <algorithm>

namespace roentgen::query {
namespace {

uint8_t ByteAt(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

void AppendHex(std::string& out, std::string_view prefix, uint8_t byte) {
  constexpr char kHex[] = "0123456789abcdef";
  out += prefix;
  out += kHex[byte >> 4];
  out += kHex[byte & 0xF];
}

// The code points that have this many bytes; shorter forms are required below.
bool IsShortest(std::string_view text, size_t length) {
  const uint8_t lead = ByteAt(text, 0), second = ByteAt(text, 1);
  if (length == 2) return lead >= 0xC2;
  if (length == 3) {
    const bool surrogate = lead == 0xED && second > 0x9F;
    return !surrogate && (lead != 0xE0 || second >= 0xA0);
  }
  return lead == 0xF0 ? second >= 0x90 : lead < 0xF4 || second <= 0x8F;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ToLower(x) == ToLower(y); });
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ToLower(c);
  return out;
}

size_t CharacterLength(std::string_view text) {
  const uint8_t lead = ByteAt(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC0 || lead > 0xF4) return 0;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((ByteAt(text, i) & 0xC0) != 0x80) return 0;
  }
  return IsShortest(text, length) ? length : 0;
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

void AppendCharacter(std::string& out, uint32_t code_point) {
  const auto rest = [&](int shift) {
    out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    rest(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    rest(6);
    rest(0);
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    rest(12);
    rest(6);
    rest(0);
  }
}

std::string Printable(std::string_view text, size_t characters_max) {
  std::string out;
  for (size_t shown = 0; !text.empty(); ++shown) {
    if (shown == characters_max) return out + "...";
    const size_t length = CharacterLength(text);
    const uint8_t lead = ByteAt(text, 0);
    if (length == 0) {
      AppendHex(out, "\\x", lead);
    } else if (lead < 0x20 || lead == 0x7F) {
      AppendHex(out, "\\u00", lead);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

}  // namespace roentgen::query
