// Where the server gets the time of day: injected, so that tests own it.
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_CLOCK_H_
#define ROENTGEN_BASE_CLOCK_H_

#include <atomic>

#include "base/timestamp.h"

namespace roentgen {

class Clock {
 public:
  virtual ~Clock() = default;
  // The time of day; somebody may set it to anything at any moment.
  virtual Timestamp Now() const = 0;
  // Since a moment that stays the same. Goes on evenly, also while the machine
  // sleeps, and nobody can set it.
  virtual absl::Duration Elapsed() const = 0;
};

// The operating system's clock. Lives for the whole process.
const Clock& SystemClock();

// A clock that a test moves by hand.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Timestamp now) : now_ns_(now.ns) {}
  Timestamp Now() const override { return {now_ns_.load()}; }
  absl::Duration Elapsed() const override {
    return absl::Nanoseconds(elapsed_ns_.load());
  }
  // Somebody sets the time of day.
  void Set(Timestamp now) { now_ns_ = now.ns; }
  // Time passes.
  void Advance(absl::Duration d) {
    now_ns_ += absl::ToInt64Nanoseconds(d);
    elapsed_ns_ += absl::ToInt64Nanoseconds(d);
  }

 private:
  std::atomic<int64_t> now_ns_;
  std::atomic<int64_t> elapsed_ns_{0};
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CLOCK_H_
