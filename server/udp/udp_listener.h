// Receives X-Ray daemon datagrams and hands their documents and spans to
// ingest.
//
//   UdpListener udp(space, {.address = {"127.0.0.1", 2000}});
//   RTG_RETURN_IF_ERROR(udp.Start());
//
// Nobody hears of a lost datagram, so every loss is counted by reason. Many
// datagrams make one call of their pipeline, and one write. While too many
// bytes wait for their commit, new datagrams are dropped and counted: the
// listener never blocks and never grows.
//
// Threads: Start and Stop belong to one thread; the counters are thread-safe.
#ifndef ROENTGEN_SERVER_UDP_UDP_LISTENER_H_
#define ROENTGEN_SERVER_UDP_UDP_LISTENER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/ip_network.h"
#include "base/listen_address.h"
#include "server/space/space.h"

namespace roentgen::server {

struct UdpOptions {
  ListenAddress address;
  // Who may send; empty: everybody. Unix sockets are not asked.
  std::vector<IpNetwork> clients = {};
  // Asked of the kernel; without the right to, the system's limit holds.
  size_t receive_buffer_bytes = 8 * 1024 * 1024;
  // Documents and spans that wait for their commit.
  size_t unacknowledged_bytes_max = 16 * 1024 * 1024;
  // For a document to be committed.
  absl::Duration put_timeout = absl::Seconds(30);
  // Senders tell apart what was sampled; what was not is dropped.
  bool keep_unsampled_spans = false;
};

struct UdpCounts {
  // Datagrams read from the socket and handed on or dropped.
  uint64_t received = 0;
  // By reason: a fault of the datagram, "backpressure" (too much waits for
  // commit), "network" (its sender is none of those that may), or "kernel" (the
  // socket's buffer was full).
  std::map<std::string, uint64_t> dropped;
  uint64_t unacknowledged_bytes = 0;  // Now.
  uint64_t receive_buffer_bytes = 0;  // What the kernel granted.
};

class UdpListener {
 public:
  // What arrives goes into `space`, which outlives the listener.
  UdpListener(Space& space, UdpOptions options);
  ~UdpListener();
  UdpListener(const UdpListener&) = delete;
  UdpListener& operator=(const UdpListener&) = delete;

  // Unavailable names the address that could not be used. Call once.
  absl::Status Start();
  // With the chosen port.
  ListenAddress address() const;

  // Takes in what has already arrived, then closes. Idempotent.
  void Stop();

  UdpCounts Counts() const;

  // Returns once `received` is at least `n`: tests wait for what they sent.
  void AwaitReceived(uint64_t n) const;

 private:
  class Core;
  const std::unique_ptr<Core> core_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_UDP_UDP_LISTENER_H_
