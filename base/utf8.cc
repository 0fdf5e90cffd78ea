#include "base/utf8.h"

#include <cstdint>

namespace roentgen {

size_t Utf8SequenceLength(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  const size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < n) return 0;
  for (size_t i = 1; i < n; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and beyond U+10FFFF.
  if (lead == 0xE0 && at(1) < 0xA0) return 0;
  if (lead == 0xED && at(1) > 0x9F) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return n;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t n = Utf8SequenceLength(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

size_t MendedUtf8Size(std::string_view text) {
  size_t bytes = 0;
  while (!text.empty()) {
    const size_t n = Utf8SequenceLength(text);
    bytes += n > 0 ? n : kReplacementCharacter.size();
    text.remove_prefix(n > 0 ? n : 1);
  }
  return bytes;
}

std::string MendedUtf8(std::string_view text) {
  std::string out;
  out.reserve(MendedUtf8Size(text));
  while (!text.empty()) {
    const size_t n = Utf8SequenceLength(text);
    out += n > 0 ? text.substr(0, n) : kReplacementCharacter;
    text.remove_prefix(n > 0 ? n : 1);
  }
  return out;
}

}  // namespace roentgen
