// Reads along on one HTTP/2 connection, both ways, and counts: calls that are
// open, calls that the client gave up, frames that bring no call and no data.
// It decides how far a client's bytes may go, so that the library behind it
// never has more of them than its limits say.
//
// Only the heads of frames are read, nine bytes each, and the type of a frame
// is believed: what is against HTTP/2 is for the library to refuse.
//
// Threads: confined to one thread.
#ifndef ROENTGEN_SERVER_RPC_FRAME_WATCH_H_
#define ROENTGEN_SERVER_RPC_FRAME_WATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/caller.h"
#include "base/limits.h"
#include "base/token_bucket.h"
#include "server/http/connection_table.h"
#include "server/rpc/peer_shares.h"

namespace roentgen::server {

class FrameWatch {
 public:
  enum class Then : uint8_t {
    kRead,      // Pass, then read more.
    kHold,      // Pass; the next frame, mostly a call, has to wait.
    kPreface,   // Cut: this is not HTTP/2.
    kResets,    // Cut: gave up too many calls.
    kControl,   // Cut: too many frames without call and data.
    kMetadata,  // Cut: the head of a call does not end.
  };
  struct Verdict {
    size_t pass;  // So many of the bytes may go to the library.
    Then then;
  };

  // Calls that may be open before a client has to wait: those over the
  // library's own limit it refuses, which takes a moment.
  static constexpr size_t kCallsHeldAt =
      size_t{2} * limits::kGrpcStreamsPerConnectionMax;

  // `shares` outlives it.
  FrameWatch(PeerShares& shares, CallerId peer)
      : shares_(shares), peer_(peer) {}
  ~FrameWatch() { EndCalls(); }
  FrameWatch(const FrameWatch&) = delete;
  FrameWatch& operator=(const FrameWatch&) = delete;

  // The client sent `bytes`; what did not pass comes again, with more behind
  // it.
  Verdict OfClient(std::string_view bytes, SteadyTime now);
  // The library sent `bytes`, which all pass. How many calls ended.
  size_t OfServer(std::string_view bytes);

  // They have all ended: the library's connection has.
  void EndCalls();
  // The same, and it was the client that ended it. `more` counts besides.
  void GiveUpCalls(size_t more, SteadyTime now);

  bool has_preface() const { return preface_left_ == 0; }
  size_t open_calls() const { return open_.size(); }
  // What may stand where OfServer's bytes end: the GOAWAY with `code` (RFC
  // 9113, 7) and the SETTINGS that have to come first. Empty: nothing, since
  // the library has sent half a frame.
  std::string Farewell(uint32_t code) const;

 private:
  struct Frame {
    uint32_t length;
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
  };
  static constexpr size_t kFrameHead = 9;
  static constexpr std::string_view kPreface =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  static Frame HeadAt(const char* bytes);
  Then Judge(const Frame& frame, SteadyTime now);
  Then JudgeHeaders(const Frame& frame, SteadyTime now);
  Then Open(const Frame& frame, SteadyTime now);
  Then Control(SteadyTime now);
  bool Close(uint32_t stream);

  PeerShares& shares_;
  const CallerId peer_;

  // The client's way.
  size_t preface_left_ = kPreface.size();
  uint32_t skip_ = 0;  // Of a frame that passes.
  uint32_t last_stream_ = 0;
  size_t metadata_bytes_ = 0;  // Of the head being sent.
  // A tenth to begin with: who connects again and again wins little.
  TokenBucket control_{{.burst = limits::kGrpcControlFramesBurst,
                        .per_second = limits::kGrpcControlFramesPerSecond},
                       limits::kGrpcControlFramesBurst / 10};
  std::vector<uint32_t> open_;

  // The library's way.
  std::array<char, kFrameHead> head_{};
  size_t head_bytes_ = 0;
  uint32_t server_skip_ = 0;
  bool server_began_ = false;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_FRAME_WATCH_H_
