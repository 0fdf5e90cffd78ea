// Who may connect where only so many connections may be open, and who has to
// go for it.
//
//   std::unique_ptr<ConnectionTable::Seat> seat = table.Take(caller);
//   if (seat == nullptr) return TurnAway();
//   seat->OnDisplaced([connection] { connection->Close(); });
//   seat->Set(ConnectionUse::kBusy);
//   // Given back when the seat ends.
//
// One caller has limits::kCallerSharePercent of the seats at most. When all are
// taken, a newcomer gets the one that has been idle longest, first among those
// of the caller with the most; only whoever has the most itself, or all that it
// may, has to give up one of its own. A caller with more than half of the seats
// also loses those where it has begun a request and never ended it.
//
// Who is displaced says farewell, which takes a moment: so many at a time
// (kLeavingMax).
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_CONNECTION_TABLE_H_
#define ROENTGEN_SERVER_HTTP_CONNECTION_TABLE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "base/caller.h"
#include "base/mutex.h"

namespace roentgen::server {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class ConnectionUse : uint8_t {
  kIdle,     // Nothing is asked.
  kWaiting,  // For the rest of a request.
  kBusy,
};

class ConnectionTable {
 public:
  static constexpr size_t kLeavingMax = 64;

  class Seat {
   public:
    ~Seat() { table_.Leave(*this); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    // Called once at most, by who takes the seat and on that thread, perhaps
    // while the seat ends. Without it nobody is displaced.
    void OnDisplaced(std::function<void()> displaced);
    // `since`: when that began.
    void Set(ConnectionUse use, SteadyTime since);

   private:
    friend class ConnectionTable;
    Seat(ConnectionTable& table, CallerId caller);

    ConnectionTable& table_;
    const CallerId caller_;
    std::atomic<ConnectionUse> use_{ConnectionUse::kBusy};
    std::atomic<SteadyTime::rep> since_{0};
    // Guarded by the table's lock, as far as the compiler can be told.
    std::function<void()> displaced_;
    bool leaves_ = false;
  };

  explicit ConnectionTable(size_t seats_max);
  // Outlives its seats.
  ~ConnectionTable() = default;
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // Null: there is no room for `caller`. `reserve`: seats beyond the limit that
  // this one may have.
  std::unique_ptr<Seat> Take(CallerId caller, size_t reserve = 0);

  // Seats taken, those that are being left among them.
  uint64_t count() const;
  uint64_t refused() const { return refused_.load(); }
  uint64_t displaced() const { return displaced_.load(); }
  // Waits until all are left, until `deadline`; whether they are.
  bool AwaitNone(SteadyTime deadline);

 private:
  void Leave(Seat& seat);
  void TakeAway(Seat& seat) RTG_REQUIRES(mu_);
  // Null: nobody has to go. `own`: only for one of the newcomer's own.
  Seat* Victim(CallerId newcomer, bool own) RTG_REQUIRES(mu_);
  size_t SeatsOf(CallerId caller) const RTG_REQUIRES(mu_);

  const size_t seats_max_;
  const size_t share_max_;
  mutable Mutex mu_;
  CondVar none_;
  std::unordered_set<Seat*> seats_ RTG_GUARDED_BY(mu_);
  // Without those that are being left.
  std::unordered_map<CallerId, size_t> by_caller_ RTG_GUARDED_BY(mu_);
  size_t taken_ RTG_GUARDED_BY(mu_) = 0;
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> displaced_{0};
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_CONNECTION_TABLE_H_
