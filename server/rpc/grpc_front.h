// What stands before gRPC: takes the connections of clients, counts on each
// what the library does not (FrameWatch), and hands the bytes on through a pair
// of sockets. Calls that a client opens and gives up, calls above the limit and
// frames without calls get so far and no further; the library's memory is
// bounded by that (decision 47).
//
//   GrpcFront front({.connections_max = 1024});
//   RTG_ASSIGN_OR_RETURN(GrpcFront::Doors doors, front.Open({address}, taker));
//   ... doors.addresses[0].port ...
//   front.Close(doors);
//   front.Stop();
//
// It knows nothing of gRPC: what it hands on is a connected socket.
//
// Threads: thread-safe; nothing is called after Stop but Close. It has a thread
// of its own.
#ifndef ROENTGEN_SERVER_RPC_GRPC_FRONT_H_
#define ROENTGEN_SERVER_RPC_GRPC_FRONT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/listen_address.h"
#include "server/auth/peer.h"

namespace roentgen::server {

class Entrance;  // See server/http/entrance.h.

// Why a connection was refused or ended by the front.
enum class FrontRefusal : uint8_t {
  kConnections,    // As many as there may be.
  kDescriptors,    // None left.
  kDisplaced,      // Idle, when others wanted in.
  kPreface,        // Not HTTP/2, or not in time.
  kResets,         // Gave up too many calls, or opened too many.
  kControlFrames,  // Too many frames without call and data.
  kMetadata,       // The head of a call does not end.
  kCalls,          // A call waited too long for others to end.
  kWriteTimeout,   // Does not take what it is sent.
};
inline constexpr size_t kFrontRefusals = 9;
std::string_view NameOf(FrontRefusal refusal);  // "control_frames".

struct GrpcFrontOptions {
  size_t connections_max = 1024;
  // For the client to say that it speaks HTTP/2.
  std::chrono::nanoseconds preface_timeout = std::chrono::seconds(10);
  // For the client to take the next bytes, and for a call that has to wait.
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(30);
};

struct GrpcFrontStats {
  uint64_t connections = 0;                        // Open now.
  std::array<uint64_t, kFrontRefusals> refused{};  // Since start, by reason.
};

class GrpcFront {
 public:
  // Gets the library's end of a connection, which it owns, and who the client
  // is. The front's thread calls it.
  using Taker = std::function<void(int descriptor, Peer peer)>;

  // Some addresses whose connections go to one taker.
  struct Doors {
    std::vector<ListenAddress> addresses;  // With the chosen ports.
    size_t number = 0;
  };

  explicit GrpcFront(GrpcFrontOptions options);
  ~GrpcFront();  // Stops.
  GrpcFront(const GrpcFront&) = delete;
  GrpcFront& operator=(const GrpcFront&) = delete;

  // Listens. Unavailable names the address that could not be used. How clients
  // come in: `entrance`; null: from anywhere, in plain text.
  absl::StatusOr<Doors> Open(
      std::vector<ListenAddress> addresses, Taker taker,
      std::shared_ptr<const Entrance> entrance = nullptr);
  // No connection reaches their taker after it. Those that are open stay.
  void Close(const Doors& doors);

  // Once the library has ended its connections: what it has sent still goes to
  // the clients, for a moment at most. Idempotent.
  void Stop();

  GrpcFrontStats Stats() const;

 private:
  class Core;
  const std::unique_ptr<Core> core_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_GRPC_FRONT_H_
