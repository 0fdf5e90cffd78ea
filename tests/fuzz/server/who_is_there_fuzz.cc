// What says who is there, any bytes: PROXY headers, headers of proxies,
// networks. The first byte chooses.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ip_network.h"
#include "base/limits.h"
#include "server/http/forwarded.h"
#include "server/http/proxy_header.h"

namespace roentgen::server {
namespace {

void CheckAddress(const std::string& text) {
  const auto ip = ParseIp(text);
  // As it is shown it can be read again.
  if (!ip || IpText(*ip) != text) std::abort();
}

void CheckProxyHeader(std::string_view bytes) {
  const auto rest = ProxyHeaderRest(bytes);
  if (rest.ok() && *rest > limits::kProxyHeaderBytesMax) std::abort();
  const auto peer = ParseProxyHeader(bytes);
  if (peer.ok() && (!rest.ok() || bytes.size() != kProxyHeadBytes + *rest)) {
    std::abort();
  }
  if (peer.ok() && *peer) CheckAddress(IpText(**peer));
}

void CheckForwarded(const char* name, std::string_view value) {
  HttpHeaders headers;
  headers.Add(name, value);
  for (const bool trusted : {false, true}) {
    const auto from =
        ForwardedFor(headers, [=](const std::string&) { return trusted; });
    if (from) CheckAddress(*from);
  }
}

void CheckNetwork(std::string_view text) {
  const auto network = IpNetwork::Parse(text);
  if (!network.ok()) return;
  const auto first = ParseIp(text.substr(0, text.find('/')));
  if (!first || !network->Contains(*first)) std::abort();
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace roentgen::server;  // NOLINT: a target has one namespace.
  if (size == 0 || size > 64 * 1024) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1,
                               size - 1);
  switch (bytes[0] % 4) {
    case 0:
      CheckProxyHeader(input);
      break;
    case 1:
      CheckForwarded("Forwarded", input);
      break;
    case 2:
      CheckForwarded("X-Forwarded-For", input);
      break;
    case 3:
      CheckNetwork(input);
      break;
  }
  return 0;
}
