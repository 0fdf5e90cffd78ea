#include "storage/index/service_key.h"

#include <algorithm>

namespace roentgen::storage {
namespace {

// "\1z" stands for a zero byte, "\1e" for the escape itself.
constexpr char kEscape = '\1';
constexpr char kZero = 'z';
constexpr char kEscaped = 'e';

void AppendPart(std::string_view part, std::string& key) {
  if (part.find_first_of(std::string_view("\0\1", 2)) == part.npos) {
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

// The part that `key` begins with, which is taken off.
std::string TakePart(std::string_view& key) {
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

}  // namespace

std::string ServiceKeyOf(const ServiceId& service) {
  std::string key;
  key.reserve(service.name.size() + service.type.size() +
              service.account_id.size() + 2);
  AppendPart(service.name, key);
  key += '\0';
  AppendPart(service.type, key);
  key += '\0';
  AppendPart(service.account_id, key);
  return key;
}

ServiceId SplitServiceKey(std::string_view key) {
  ServiceId service;
  service.name = TakePart(key);
  service.type = TakePart(key);
  service.account_id = TakePart(key);
  return service;
}

std::string AliasKeyOf(const ServiceAlias& alias) {
  std::string key;
  AppendPart(alias.name, key);
  key += '\0';
  AppendPart(alias.type, key);
  return key;
}

ServiceAlias SplitAliasKey(std::string_view key) {
  ServiceAlias alias;
  alias.name = TakePart(key);
  alias.type = TakePart(key);
  return alias;
}

}  // namespace roentgen::storage
