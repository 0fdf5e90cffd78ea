#include "trace/model/joined_key.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace roentgen::storage {
namespace {

// "\1z" stands for a zero byte, "\1e" for the escape itself.
constexpr char kEscape = '\1';
constexpr char kZero = 'z';
constexpr char kEscaped = 'e';

// A zero byte or the escape. Looks at eight bytes at a time: hardly any key has
// one, and find_first_of is far slower.
bool HasSpecial(std::string_view part) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const auto has_less_than_two = [](const char* at) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    return ((word - 2 * kOnes) & ~word & 0x80 * kOnes) != 0;
  };
  const char* at = part.data();
  const char* const end = at + part.size();
  if (part.size() < 8) {
    while (at != end && *at != '\0' && *at != kEscape) ++at;
    return at != end;
  }
  for (; end - at > 8; at += 8) {
    if (has_less_than_two(at)) return true;
  }
  return has_less_than_two(end - 8);
}

}  // namespace

void AppendKeyPart(std::string_view part, std::string& key) {
  if (!HasSpecial(part)) {
    key += part;
    return;
  }
  for (char c : part) {
    if (c == '\0' || c == kEscape) {
      key += kEscape;
      key += c == '\0' ? kZero : kEscaped;
    } else {
      key += c;
    }
  }
}

std::string TakeKeyPart(std::string_view& key) {
  const size_t end = std::min(key.find('\0'), key.size());
  std::string part;
  for (size_t i = 0; i < end; ++i) {
    if (key[i] != kEscape || i + 1 == end) {
      part += key[i];
    } else {
      part += key[++i] == kZero ? '\0' : kEscape;
    }
  }
  key.remove_prefix(std::min(end + 1, key.size()));
  return part;
}

}  // namespace roentgen::storage
