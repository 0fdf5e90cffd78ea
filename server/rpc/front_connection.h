// One client's connection before gRPC. Part of GrpcFront.
//
// Threads: confined to the front's thread.
#ifndef ROENTGEN_SERVER_RPC_FRONT_CONNECTION_H_
#define ROENTGEN_SERVER_RPC_FRONT_CONNECTION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "server/http/byte_stream.h"
#include "server/http/connection_table.h"
#include "server/rpc/frame_watch.h"
#include "server/rpc/front_buffers.h"
#include "server/rpc/grpc_front.h"
#include "server/rpc/peer_shares.h"

namespace roentgen::server {

class FrontConnection;

// What all connections of a front share.
struct FrontShared {
  explicit FrontShared(const GrpcFrontOptions& o)
      : options(o), seats(o.connections_max) {}

  void Count(FrontRefusal refusal) { ++refused[static_cast<size_t>(refusal)]; }

  const GrpcFrontOptions options;
  ConnectionTable seats;
  std::array<std::atomic<uint64_t>, kFrontRefusals> refused{};
  // Of the front's thread.
  PeerShares shares;
  FrontBuffers buffers;
  // Those with a call that waits for others to end, in their order.
  std::deque<std::weak_ptr<FrontConnection>> held;
};

class FrontConnection final
    : public std::enable_shared_from_this<FrontConnection> {
 public:
  struct Context {
    FrontShared& shared;
    CallerId peer;
    std::unique_ptr<ConnectionTable::Seat> seat;
    // Once, when the connection has closed.
    std::function<void(FrontConnection*)> on_close;
  };

  // `inner` leads to the library.
  FrontConnection(std::unique_ptr<ByteStream> client,
                  std::unique_ptr<ByteStream> inner, Context context);
  FrontConnection(const FrontConnection&) = delete;
  FrontConnection& operator=(const FrontConnection&) = delete;

  void Start();
  // Acts on deadlines that have passed.
  void Sweep(SteadyTime now);
  // Some calls have ended: one that waits may go on.
  // True: it does.
  bool Retry();
  // It is idle, and others want in.
  void Displace();
  void Close();

 private:
  enum class State : uint8_t {
    kOpen,
    kLeaving,    // The last words have to wait for what is being written.
    kLingering,  // The client may read them.
    kClosed,
  };

  // Bytes on one way: read, looked at, written, and only then read again.
  struct Way final : ByteStream::User {
    Way(FrontConnection& o, ByteStream& f, ByteStream& t)
        : owner(o), from(f), to(t), buffer(o.context_.shared.buffers) {}

    void Read();
    void Write(size_t bytes);
    void OnRead(size_t bytes) override;
    void OnWritten(bool all) override;
    std::shared_ptr<ByteStream::User> Self();

    FrontConnection& owner;
    ByteStream& from;
    ByteStream& to;
    FrontBuffer buffer;
    size_t passing = 0;  // Being written.
    bool reads = false;
  };

  // The words of the front itself.
  struct LastWords final : ByteStream::User {
    explicit LastWords(FrontConnection& o) : owner(o) {}
    void OnRead(size_t) override {}
    void OnWritten(bool all) override;

    FrontConnection& owner;
    std::string bytes;
  };

  void OnBytes(Way& way);
  void OnClientBytes();
  void OnServerBytes();
  void OnEnd(const Way& way);
  void OnBroken(const Way& way);
  void OnLingered(size_t bytes);
  void Hold();
  void LetOthersIn();
  void Leave(FrontRefusal refusal, uint32_t code);
  void SayFarewell();
  void Linger();
  void NoteUse();

  const Context context_;
  const std::unique_ptr<ByteStream> client_;
  const std::unique_ptr<ByteStream> inner_;
  FrameWatch watch_;
  Way to_server_;
  Way to_client_;
  State state_ = State::kOpen;
  bool is_held_ = false;
  ConnectionUse use_ = ConnectionUse::kWaiting;
  bool is_queued_ = false;
  LastWords last_words_;
  uint32_t last_code_ = 0;
  size_t lingered_ = 0;
  // Until something happens that is waited for; max: nothing is.
  SteadyTime preface_deadline_;
  SteadyTime held_deadline_ = SteadyTime::max();
  SteadyTime write_deadline_ = SteadyTime::max();
  SteadyTime linger_deadline_ = SteadyTime::max();
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_FRONT_CONNECTION_H_
