#include "base/address_caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string_view>

namespace roentgen {

CallerId CallerOfAddress(const std::string& address) {
  constexpr size_t kNetworkBytes = 8;
  const std::string without_zone = address.substr(0, address.find('%'));
  in6_addr binary{};
  if (inet_pton(AF_INET6, without_zone.c_str(), &binary) != 1) {
    return CallerOf(address);
  }
  return CallerOf(std::string_view(
      reinterpret_cast<const char*>(binary.s6_addr), kNetworkBytes));
}

}  // namespace roentgen
