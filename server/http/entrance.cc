#include "server/http/entrance.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace roentgen::server {

std::string_view NameOf(NotIn reason) {
  switch (reason) {
    case NotIn::kNetwork:
      return "network";
    case NotIn::kArrivals:
      return "arrivals";
    case NotIn::kTimeout:
      return "timeout";
    case NotIn::kFailed:
      return "failed";
  }
  return "";
}

bool Entrance::LetsIn(const Peer& peer) const {
  if (options_.clients.empty()) return true;
  const std::optional<IpBytes> ip = ParseIp(peer.address);
  const bool may = IsProxy(peer) ||
                   (ip ? AnyContains(options_.clients, *ip) : peer.is_local);
  if (!may) Count(NotIn::kNetwork);
  return may;
}

bool Entrance::IsProxy(const Peer& peer) const {
  if (options_.proxies.empty()) return false;
  const std::optional<IpBytes> ip = ParseIp(peer.address);
  return ip && AnyContains(options_.proxies, *ip);
}

std::optional<Arrived> Entrance::Meet(StreamSocket socket) const {
  Peer peer = PeerOfSocket(socket);
  if (!LetsIn(peer)) return std::nullopt;
  const bool is_proxy = IsProxy(peer);
  return Arrived{.socket = std::move(socket),
                 .peer = std::move(peer),
                 .has_header = is_proxy && options_.proxy_protocol};
}

std::unique_ptr<ByteStream> Entrance::Make(Arrived arrived) const {
  if (options_.streams != nullptr) {
    return options_.streams->Make(std::move(arrived));
  }
  return std::make_unique<SocketStream>(std::move(arrived));
}

bool Entrance::Enter() const {
  if (++arriving_ <= limits::kArrivalsMax) return true;
  --arriving_;
  return false;
}

std::array<uint64_t, kNotIns> Entrance::Counts() const {
  std::array<uint64_t, kNotIns> out{};
  std::transform(not_in_.begin(), not_in_.end(), out.begin(),
                 [](const auto& count) { return count.load(); });
  return out;
}

}  // namespace roentgen::server
