// Where a listener listens: an IP address and a port, "127.0.0.1:2000" or
// "[::1]:2000", or the path of a Unix socket, "unix:/run/roentgen/xray.sock".
// Port 0 lets the system choose.
//
// Threads: plain value.
#ifndef ROENTGEN_BASE_LISTEN_ADDRESS_H_
#define ROENTGEN_BASE_LISTEN_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace roentgen {

struct ListenAddress {
  std::string host;  // Numeric, without brackets.
  uint16_t port = 0;
  std::string path = {};  // Of a Unix socket; then host is empty.
  // Of the file of that socket. Group: by name or number; empty: that of the
  // process.
  unsigned mode = 0600;
  std::string group = {};

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;

  // "localhost" means 127.0.0.1, "*" or no host any IPv4 address. A path begins
  // with '/'.
  // InvalidArgument names the text.
  static absl::StatusOr<ListenAddress> Parse(std::string_view text);

  std::string ToString() const;
  bool IsUnix() const { return !path.empty(); }
  bool IsLoopback() const {  // 127.0.0.0/8 or ::1.
    return host.starts_with("127.") || host == "::1";
  }
  // Nobody on another machine gets there.
  bool IsLocal() const { return IsUnix() || IsLoopback(); }
  bool IsV6() const { return host.find(':') != std::string::npos; }
};

// An address for bind(2).
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};
SocketAddress ToSocketAddress(const ListenAddress& address);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_LISTEN_ADDRESS_H_
