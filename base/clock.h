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
  virtual Timestamp Now() const = 0;
};

// The operating system's clock. Lives for the whole process.
const Clock& SystemClock();

// A clock that a test moves by hand.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Timestamp now) : now_ns_(now.ns) {}
  Timestamp Now() const override { return {now_ns_.load()}; }
  void Set(Timestamp now) { now_ns_ = now.ns; }
  void Advance(absl::Duration d) { now_ns_ += absl::ToInt64Nanoseconds(d); }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CLOCK_H_
