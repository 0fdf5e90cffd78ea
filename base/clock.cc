#include "base/clock.h"

#include "absl/time/clock.h"

namespace roentgen {
namespace {

class RealClock : public Clock {
 public:
  Timestamp Now() const override { return {absl::GetCurrentTimeNanos()}; }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace roentgen
