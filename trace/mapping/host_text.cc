#include "trace/mapping/host_text.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace roentgen::storage {
namespace {

bool IsAddress(int family, std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(buffer) ||
      text.find('\0') != text.npos) {
    return false;
  }
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in6_addr address;
  return inet_pton(family, buffer, &address) == 1;
}

}  // namespace

bool IsIpAddress(std::string_view text) {
  return IsAddress(AF_INET, text) || IsAddress(AF_INET6, text);
}

bool IsIpv6Address(std::string_view text) {
  return IsAddress(AF_INET6, text.substr(0, text.find('%')));
}

HostPort SplitHostPort(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return {.host = text.substr(1), .port = {}};
    const std::string_view rest = text.substr(end + 1);
    return {.host = text.substr(1, end - 1),
            .port = rest.starts_with(':') ? rest.substr(1) : rest.substr(0, 0)};
  }
  const size_t colon = text.find(':');
  if (colon == text.npos || text.find(':', colon + 1) != text.npos) {
    return {.host = text, .port = {}};
  }
  return {.host = text.substr(0, colon), .port = text.substr(colon + 1)};
}

bool IsPort(std::string_view text) {
  uint32_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() &&
         port >= 1 && port <= 65535;
}

std::string PortText(const AttributeSlots& slots, KnownKey key) {
  const std::optional<int64_t> number = slots.Int(key);
  return number ? std::to_string(*number) : std::string(slots.Text(key));
}

}  // namespace roentgen::storage
