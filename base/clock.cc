#include "base/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace roentgen {
namespace {

class RealClock : public Clock {
 public:
  Timestamp Now() const override { return {absl::GetCurrentTimeNanos()}; }
  absl::Duration Elapsed() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace roentgen
