// A range of IP addresses: "10.0.0.0/8", "2001:db8::/32", or one address.
//
//   RTG_ASSIGN_OR_RETURN(const IpNetwork own, IpNetwork::Parse("10.0.0.0/8"));
//   if (!own.Contains("10.1.2.3")) ...
//
// An IPv4 address that a socket for both protocols sees ("::ffff:10.1.2.3") is
// that IPv4 address.
//
// Threads: plain value.
#ifndef ROENTGEN_BASE_IP_NETWORK_H_
#define ROENTGEN_BASE_IP_NETWORK_H_

#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen {

// IPv4 as IPv6 maps it.
using IpBytes = std::array<unsigned char, 16>;

// Numeric, without port and brackets; nothing: it is none.
std::optional<IpBytes> ParseIp(std::string_view text);
// Nothing: another family.
std::optional<IpBytes> IpOf(const sockaddr* address);
// "127.0.0.1", "2001:db8::1".
std::string IpText(const IpBytes& address);
// 127.0.0.0/8 or ::1.
bool IsLoopbackIp(const IpBytes& address);

class IpNetwork {
 public:
  // InvalidArgument names the text. Bits behind the prefix must be 0: else it
  // is not clear what was meant.
  static absl::StatusOr<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpBytes& address) const;

  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpBytes first_{};
  int bits_ = 0;  // Of the 128.
};

bool AnyContains(const std::vector<IpNetwork>& networks,
                 const IpBytes& address);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_IP_NETWORK_H_
