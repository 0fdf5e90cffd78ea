#include "server/http/connection_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/limits.h"

namespace roentgen::server {

ConnectionTable::Seat::Seat(ConnectionTable& table, CallerId caller)
    : table_(table), caller_(caller) {}

void ConnectionTable::Seat::OnDisplaced(std::function<void()> displaced) {
  MutexLock lock(table_.mu_);
  displaced_ = std::move(displaced);
}

void ConnectionTable::Seat::Set(ConnectionUse use, SteadyTime since) {
  since_.store(since.time_since_epoch().count(), std::memory_order_relaxed);
  use_.store(use, std::memory_order_relaxed);
}

// The share is rounded up: few seats are for whoever comes.
ConnectionTable::ConnectionTable(size_t seats_max)
    : seats_max_(seats_max),
      share_max_((seats_max * limits::kCallerSharePercent + 99) / 100) {}

std::unique_ptr<ConnectionTable::Seat> ConnectionTable::Take(CallerId caller,
                                                             size_t reserve) {
  std::unique_ptr<Seat> seat;
  std::function<void()> displaced;
  {
    MutexLock lock(mu_);
    const bool has_its_share = SeatsOf(caller) >= share_max_ + reserve;
    if (has_its_share || taken_ >= seats_max_ + reserve) {
      // Those that leave hold their sockets for a while.
      const bool may_displace = seats_.size() - taken_ < kLeavingMax;
      Seat* const victim =
          may_displace ? Victim(caller, has_its_share) : nullptr;
      if (victim == nullptr) {
        ++refused_;
        return nullptr;
      }
      TakeAway(*victim);
      victim->leaves_ = true;
      displaced = std::exchange(victim->displaced_, nullptr);
      ++displaced_;
    }
    seat.reset(new Seat(*this, caller));
    seats_.insert(seat.get());
    ++by_caller_[caller];
    ++taken_;
  }
  // Without the lock: it may close the connection.
  if (displaced) displaced();
  return seat;
}

uint64_t ConnectionTable::count() const {
  MutexLock lock(mu_);
  return seats_.size();
}

bool ConnectionTable::AwaitNone(SteadyTime deadline) {
  MutexLock lock(mu_);
  while (!seats_.empty()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return false;
    none_.WaitFor(mu_, left);
  }
  return true;
}

void ConnectionTable::Leave(Seat& seat) {
  MutexLock lock(mu_);
  if (!seat.leaves_) TakeAway(seat);
  seats_.erase(&seat);
  if (seats_.empty()) none_.NotifyAll();
}

void ConnectionTable::TakeAway(Seat& seat) {
  const auto of_caller = by_caller_.find(seat.caller_);
  if (--of_caller->second == 0) by_caller_.erase(of_caller);
  --taken_;
}

size_t ConnectionTable::SeatsOf(CallerId caller) const {
  const auto found = by_caller_.find(caller);
  return found == by_caller_.end() ? 0 : found->second;
}

ConnectionTable::Seat* ConnectionTable::Victim(CallerId newcomer, bool own) {
  size_t most = 0;
  for (const auto& entry : by_caller_) most = std::max(most, entry.second);
  const bool is_greediest = own || SeatsOf(newcomer) >= most;
  const bool is_too_much = most > seats_max_ / 2;
  Seat* best = nullptr;
  // Idle before waiting, the caller with the most first, then who is so
  // longest.
  std::tuple<bool, size_t, SteadyTime::rep> best_rank;
  for (Seat* const seat : seats_) {
    // Nobody to tell yet: it is being taken.
    if (seat->leaves_ || !seat->displaced_) continue;
    if (is_greediest && seat->caller_ != newcomer) continue;
    const size_t of_caller = SeatsOf(seat->caller_);
    const ConnectionUse use = seat->use_.load(std::memory_order_relaxed);
    const bool may_go = use == ConnectionUse::kIdle ||
                        (use == ConnectionUse::kWaiting && is_too_much &&
                         of_caller == most && !is_greediest);
    if (!may_go) continue;
    const std::tuple<bool, size_t, SteadyTime::rep> rank(
        use == ConnectionUse::kIdle, of_caller,
        -seat->since_.load(std::memory_order_relaxed));
    if (best == nullptr || rank > best_rank) {
      best = seat;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace roentgen::server
