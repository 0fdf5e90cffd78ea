#include "server/http/arrivals.h"

#include <algorithm>
#include <utility>

#include "base/address_caller.h"
#include "base/limits.h"

namespace roentgen::server {

struct Arrivals::Arrival : std::enable_shared_from_this<Arrival> {
  Arrival(std::shared_ptr<const Entrance> e, std::unique_ptr<ByteStream> s,
          Then t)
      : entrance(std::move(e)), stream(std::move(s)), then(std::move(t)) {}
  ~Arrival() { entrance->Leave(); }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  const std::shared_ptr<const Entrance> entrance;
  std::unique_ptr<ByteStream> stream;
  Then then;
  CallerId caller = kNoCaller;
  SteadyTime deadline;
  bool is_given_up = false;
};

Arrivals::Arrivals(size_t threads)
    : share_max_(std::max<size_t>(1, limits::kArrivalsMax *
                                         limits::kCallerSharePercent / 100 /
                                         std::max<size_t>(1, threads))) {}

void Arrivals::Open(std::shared_ptr<const Entrance> entrance,
                    std::unique_ptr<ByteStream> stream, SteadyTime now,
                    Then then) {
  const CallerId caller = CallerOfAddress(stream->peer().address);
  const auto own = by_caller_.find(caller);
  const bool has_share = own == by_caller_.end() || own->second < share_max_;
  if (!has_share || !entrance->Enter()) {
    entrance->Count(NotIn::kArrivals);
    return;
  }
  const std::chrono::nanoseconds timeout = entrance->timeout();
  const auto arrival = std::make_shared<Arrival>(
      std::move(entrance), std::move(stream), std::move(then));
  arrival->caller = caller;
  arrival->deadline = now + timeout;
  arriving_.insert(arrival);
  ++by_caller_[caller];
  arrival->stream->Open([this, arrival](bool well) { End(*arrival, well); });
}

void Arrivals::End(Arrival& arrival, bool well) {
  const auto own = by_caller_.find(arrival.caller);
  if (--own->second == 0) by_caller_.erase(own);
  arriving_.erase(arrival.shared_from_this());
  const Then then = std::move(arrival.then);
  if (arrival.is_given_up) return;
  if (!well) return arrival.entrance->Count(NotIn::kFailed);
  then(std::move(arrival.stream));
}

void Arrivals::Sweep(SteadyTime now) {
  for (const auto& arrival : arriving_) {
    if (now < arrival->deadline || arrival->is_given_up) continue;
    arrival->is_given_up = true;
    arrival->entrance->Count(NotIn::kTimeout);
    arrival->stream->Close();
  }
}

void Arrivals::Close() {
  for (const auto& arrival : arriving_) {
    arrival->is_given_up = true;
    arrival->stream->Close();
  }
}

}  // namespace roentgen::server
