// Any bytes on both ways of a gRPC connection, cut anywhere: what the front
// counts stays within its bounds, and nothing passes twice.
//
// Input: per piece a byte that says whose it is (odd: the library's) and how
// long, then the piece.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/rpc/frame_watch.h"
#include "server/rpc/peer_shares.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::server;  // NOLINT: one function.
  std::string_view in(reinterpret_cast<const char*>(data), size);
  PeerShares shares;
  {
    FrameWatch watch(shares, 1);
    std::chrono::steady_clock::time_point now{};
    std::string waiting;  // Of the client's.
    bool open = true;
    while (open && !in.empty()) {
      const auto head = static_cast<uint8_t>(in.front());
      in.remove_prefix(1);
      const size_t length = std::min<size_t>(head >> 1, in.size());
      const std::string_view piece = in.substr(0, length);
      in.remove_prefix(length);
      now += std::chrono::milliseconds(1);
      if ((head & 1) != 0) {
        const size_t before = watch.open_calls();
        const size_t ended = watch.OfServer(piece);
        if (watch.open_calls() + ended != before) std::abort();
        continue;
      }
      waiting += piece;
      const FrameWatch::Verdict verdict = watch.OfClient(waiting, now);
      if (verdict.pass > waiting.size()) std::abort();
      waiting.erase(0, verdict.pass);
      open = verdict.then == FrameWatch::Then::kRead ||
             verdict.then == FrameWatch::Then::kHold;
      if (watch.open_calls() > FrameWatch::kCallsHeldAt) std::abort();
    }
    watch.Farewell(11);
  }
  // All that was open has ended.
  for (size_t i = 0; i < PeerShares::kCallsMax / 2; ++i) {
    if (!shares.TryOpen(2, i)) std::abort();
  }
  return 0;
}
