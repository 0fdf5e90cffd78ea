#include "base/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

#include "base/limits.h"

namespace roentgen {
namespace {

absl::Status Refuse(std::string_view text, const char* reason) {
  return absl::InvalidArgumentError("address '" + std::string(text) +
                                    "': " + reason);
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || text.empty()) return {};
  return port;
}

bool IsIp(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  const int family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  return inet_pton(family, host.c_str(), bytes) == 1;
}

static_assert(limits::kSocketPathBytesMax < sizeof(sockaddr_un::sun_path));

absl::StatusOr<ListenAddress> ParsePath(std::string_view text,
                                        std::string_view path) {
  if (!path.starts_with('/')) return Refuse(text, "expected unix:/path");
  if (path.size() > limits::kSocketPathBytesMax ||
      path.find('\0') != path.npos) {
    return Refuse(text, "the path of a socket has at most 107 bytes");
  }
  return ListenAddress{.host = "", .port = 0, .path = std::string(path)};
}

}  // namespace

absl::StatusOr<ListenAddress> ListenAddress::Parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    return ParsePath(text, text.substr(kUnix.size()));
  }
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return Refuse(text, "expected host:port");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host[0] == '[';
  if (bracketed) {
    if (host.back() != ']') return Refuse(text, "expected [host]:port");
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  if (host.empty() || host == "*") host = "0.0.0.0";
  ListenAddress address{.host = std::string(host), .port = 0};
  if (!IsIp(address.host) || address.IsV6() != bracketed) {
    return Refuse(text, "host must be an IP address ([...] for IPv6)");
  }
  const std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  if (!port) return Refuse(text, "port must be 0 to 65535");
  address.port = *port;
  return address;
}

std::string ListenAddress::ToString() const {
  if (IsUnix()) return "unix:" + path;
  const std::string shown = IsV6() ? "[" + host + "]" : host;
  return shown + ":" + std::to_string(port);
}

SocketAddress ToSocketAddress(const ListenAddress& address) {
  SocketAddress out;
  if (address.IsUnix()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    // Parse takes no longer ones.
    const size_t size =
        std::min(address.path.size(), limits::kSocketPathBytesMax);
    std::memcpy(local.sun_path, address.path.data(), size);
    std::memcpy(&out.storage, &local, sizeof(local));
    out.size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
  } else if (address.IsV6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
    std::memcpy(&out.storage, &v6, sizeof(v6));
    out.size = sizeof(v6);
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
    std::memcpy(&out.storage, &v4, sizeof(v4));
    out.size = sizeof(v4);
  }
  return out;
}

}  // namespace roentgen
