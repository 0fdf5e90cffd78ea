// How clients come in by a listener: from where, and what stands between their
// sockets and the protocol that is spoken. Includes Asio.
//
//   const Entrance entrance({.clients = {*IpNetwork::Parse("10.0.0.0/8")}});
//   if (auto arrived = entrance.Meet(std::move(socket))) {
//     std::unique_ptr<ByteStream> stream = entrance.Make(*std::move(arrived));
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_ENTRANCE_H_
#define ROENTGEN_SERVER_HTTP_ENTRANCE_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_network.h"
#include "server/auth/peer.h"
#include "server/http/socket_stream.h"

namespace roentgen::server {

// Why a connection did not come in.
enum class NotIn : uint8_t {
  kNetwork,   // Its address is none of those that may.
  kArrivals,  // As many are on their way in as may be, at all or of its
              // address.
  kTimeout,   // Its header or handshake took too long.
  kFailed,    // Its header was none, or its handshake failed.
};
inline constexpr size_t kNotIns = 4;
std::string_view NameOf(NotIn reason);  // "network".

struct EntranceOptions {
  // Who may connect; empty: everybody. Unix sockets are not asked.
  std::vector<IpNetwork> clients;
  // Who may say on whose behalf they connect, and may connect themselves.
  std::vector<IpNetwork> proxies;
  // Connections of proxies begin with a PROXY header.
  bool proxy_protocol = false;
  // What stands around the sockets; null: nothing.
  std::shared_ptr<const StreamMaker> streams;
  // For a connection to come in: header and handshake together.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
};

class Entrance {
 public:
  explicit Entrance(EntranceOptions options) : options_(std::move(options)) {}
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  // Nothing: it may not, and is closed.
  std::optional<Arrived> Meet(StreamSocket socket) const;
  std::unique_ptr<ByteStream> Make(Arrived arrived) const;
  // Also for whom a header speaks. False, and counted: it may not.
  bool LetsIn(const Peer& peer) const;
  // Whether `peer` may say on whose behalf it asks.
  bool IsProxy(const Peer& peer) const;
  bool HasHandshake() const {
    return options_.streams != nullptr && options_.streams->HasHandshake();
  }
  std::chrono::nanoseconds timeout() const { return options_.timeout; }

  // Connections on their way in. Enter is false when there are too many.
  bool Enter() const;
  void Leave() const { --arriving_; }

  void Count(NotIn reason) const { ++not_in_[static_cast<size_t>(reason)]; }
  std::array<uint64_t, kNotIns> Counts() const;

 private:
  const EntranceOptions options_;
  mutable std::atomic<size_t> arriving_{0};
  mutable std::array<std::atomic<uint64_t>, kNotIns> not_in_{};
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ENTRANCE_H_
