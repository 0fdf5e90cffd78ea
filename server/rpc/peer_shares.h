// What the clients of one address have and did, over all their connections:
// calls that are open, and calls that they gave up.
//
// Bounded: addresses share places of a table, by a hash that nobody can choose.
//
// Threads: confined to one thread.
#ifndef ROENTGEN_SERVER_RPC_PEER_SHARES_H_
#define ROENTGEN_SERVER_RPC_PEER_SHARES_H_

#include <cstddef>
#include <vector>

#include "base/caller.h"
#include "base/limits.h"
#include "base/token_bucket.h"
#include "server/http/connection_table.h"

namespace roentgen::server {

class PeerShares {
 public:
  // Calls that may be open at once, of all connections; of one address three
  // quarters of them. Each costs the library some 10 kB.
  static constexpr size_t kCallsMax =
      size_t{16} * limits::kGrpcStreamsPerConnectionMax;
  // Calls that a connection may have whatever the others have.
  static constexpr size_t kCallsAlways = 4;

  PeerShares() : places_(kPlaces) {}

  // One more call of a connection of `peer` that has `own` already. False: not
  // now.
  bool TryOpen(CallerId peer, size_t own) {
    Place& place = PlaceOf(peer);
    const bool has_room = calls_ < kCallsMax && place.calls < kShareMax;
    if (!has_room && own >= kCallsAlways) return false;
    ++place.calls;
    ++calls_;
    return true;
  }
  void End(CallerId peer, size_t calls) {
    PlaceOf(peer).calls -= calls;
    calls_ -= calls;
  }

  // A call that its client gave up. False: those of its address gave up too
  // many.
  bool TakeReset(CallerId peer, SteadyTime now) {
    return PlaceOf(peer).resets.Take(now);
  }
  // The same of all calls of a connection that ended, which nothing can prevent
  // any more: while more were given up than may be, nothing new begins.
  void GiveUp(CallerId peer, size_t calls, SteadyTime now) {
    if (calls > 0) PlaceOf(peer).resets.Charge(calls, now);
  }
  bool HasToWait(CallerId peer, SteadyTime now) {
    return PlaceOf(peer).resets.IsInDebt(now);
  }

  size_t calls() const { return calls_; }

 private:
  static constexpr size_t kPlaces = 4096;
  static constexpr size_t kShareMax =
      kCallsMax / 100 * limits::kCallerSharePercent;

  struct Place {
    size_t calls = 0;
    TokenBucket resets{{.burst = limits::kGrpcResetsBurst,
                        .per_second = limits::kGrpcResetsPerSecond},
                       limits::kGrpcResetsBurst};
  };

  Place& PlaceOf(CallerId peer) { return places_[peer % places_.size()]; }

  std::vector<Place> places_;
  size_t calls_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_PEER_SHARES_H_
