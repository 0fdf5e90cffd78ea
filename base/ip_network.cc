#include "base/ip_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace roentgen {
namespace {

constexpr int kBits = 128;
constexpr size_t kMappedAt = 12;  // Where the bytes of IPv4 are.
constexpr int kMappedBits = 8 * static_cast<int>(kMappedAt);
constexpr IpBytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsV4(const IpBytes& address) {
  return std::equal(address.begin(), address.begin() + kMappedAt,
                    kMapped.begin());
}

IpBytes FromV4(const void* bytes) {
  IpBytes out = kMapped;
  std::memcpy(out.data() + kMappedAt, bytes, sizeof(in_addr));
  return out;
}

absl::Status Refuse(std::string_view text, const char* reason) {
  return absl::InvalidArgumentError("network '" + std::string(text) +
                                    "': " + reason);
}

// The bits of `byte` number `at` that a prefix of `bits` covers.
unsigned char MaskOf(int bits, size_t at) {
  const int left = std::clamp(bits - 8 * static_cast<int>(at), 0, 8);
  return static_cast<unsigned char>(0xff00 >> left);
}

}  // namespace

std::optional<IpBytes> ParseIp(std::string_view text) {
  const std::string copy(text);
  in_addr v4{};
  if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) return FromV4(&v4);
  IpBytes out{};
  if (inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::optional<IpBytes> IpOf(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    return FromV4(&v4.sin_addr);
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof(v6));
  IpBytes out{};
  std::memcpy(out.data(), &v6.sin6_addr, out.size());
  return out;
}

std::string IpText(const IpBytes& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (IsV4(address)) {
    inet_ntop(AF_INET, address.data() + kMappedAt, text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof(text));
  }
  return text;
}

bool IsLoopbackIp(const IpBytes& address) {
  if (IsV4(address)) return address[kMappedAt] == IN_LOOPBACKNET;
  in6_addr v6{};
  std::memcpy(&v6, address.data(), address.size());
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

absl::StatusOr<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const std::optional<IpBytes> first = ParseIp(host);
  if (!first) return Refuse(text, "expected an IP address or ADDRESS/BITS");
  // "::ffff:10.0.0.0/104" counts its bits as IPv6 does.
  const int offset = host.find(':') == host.npos ? kMappedBits : 0;
  IpNetwork out;
  out.first_ = *first;
  out.bits_ = kBits;
  if (slash != text.npos) {
    int bits = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] =
        std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits < 0 ||
        bits + offset > kBits) {
      return Refuse(text, "BITS must be 0 to 32, or to 128 of IPv6");
    }
    out.bits_ = bits + offset;
  }
  for (size_t i = 0; i < out.first_.size(); ++i) {
    if ((out.first_[i] & ~MaskOf(out.bits_, i) & 0xff) != 0) {
      return Refuse(text, "the address has bits behind its prefix");
    }
  }
  return out;
}

bool IpNetwork::Contains(const IpBytes& address) const {
  for (size_t i = 0; i < address.size(); ++i) {
    if (((address[i] ^ first_[i]) & MaskOf(bits_, i)) != 0) return false;
  }
  return true;
}

bool AnyContains(const std::vector<IpNetwork>& networks,
                 const IpBytes& address) {
  return std::any_of(
      networks.begin(), networks.end(),
      [&](const IpNetwork& network) { return network.Contains(address); });
}

}  // namespace roentgen
