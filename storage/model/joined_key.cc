#include "storage/model/joined_key.h"

#include <algorithm>

namespace roentgen::storage {
namespace {

// "\1z" stands for a zero byte, "\1e" for the escape itself.
constexpr char kEscape = '\1';
constexpr char kZero = 'z';
constexpr char kEscaped = 'e';

}  // namespace

void AppendKeyPart(std::string_view part, std::string& key) {
  // Hardly ever there; find_first_of is far slower than a look at each byte.
  if (std::none_of(part.begin(), part.end(),
                   [](char c) { return c == '\0' || c == kEscape; })) {
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
