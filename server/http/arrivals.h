// Connections that are on their way in: a header or a handshake comes before
// they can be served. Includes Asio.
//
//   arrivals.Open(entrance, std::move(stream), [](auto open) { Serve(open); });
//
// Bounded by the entrance, in time and in number; of that number the clients of
// one address have limits::kCallerSharePercent at most.
//
// Threads: confined to the I/O thread of its streams.
#ifndef ROENTGEN_SERVER_HTTP_ARRIVALS_H_
#define ROENTGEN_SERVER_HTTP_ARRIVALS_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/caller.h"
#include "server/http/byte_stream.h"
#include "server/http/connection_table.h"
#include "server/http/entrance.h"

namespace roentgen::server {

class Arrivals {
 public:
  // Gets the open stream; is dropped when it does not come to that.
  using Then = std::function<void(std::unique_ptr<ByteStream>)>;

  // Of so many that share the connections of a listener.
  explicit Arrivals(size_t threads);
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  // `then` may run at once.
  void Open(std::shared_ptr<const Entrance> entrance,
            std::unique_ptr<ByteStream> stream, SteadyTime now, Then then);
  // Gives up those whose time is over.
  void Sweep(SteadyTime now);
  // Gives up all.
  void Close();

 private:
  struct Arrival;

  void End(Arrival& arrival, bool well);

  const size_t share_max_;
  std::unordered_set<std::shared_ptr<Arrival>> arriving_;
  std::unordered_map<CallerId, size_t> by_caller_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ARRIVALS_H_
