// When to give up on a call: its deadline, and whether anybody still waits.
//
//   RTG_RETURN_IF_ERROR(control.Check(clock));
//
// Long work checks often enough to stop within 50 ms.
//
// Threads: thread-compatible; Check may run on any thread.
#ifndef ROENTGEN_BASE_CALL_CONTROL_H_
#define ROENTGEN_BASE_CALL_CONTROL_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace roentgen {

class CallControl {
 public:
  // Implicit: most calls have a deadline and nothing else.
  CallControl(absl::Time deadline) : deadline_(deadline) {}
  CallControl(absl::Time deadline, std::function<bool()> is_cancelled)
      : deadline_(deadline), is_cancelled_(std::move(is_cancelled)) {}

  absl::Time deadline() const { return deadline_; }

  // DeadlineExceeded or Cancelled once there is no point in going on.
  absl::Status Check(const Clock& clock) const {
    if (is_cancelled_ && is_cancelled_()) {
      return absl::CancelledError("the caller went away");
    }
    if (deadline_ != absl::InfiniteFuture() &&
        clock.Now().ToTime() > deadline_) {
      return absl::DeadlineExceededError("call took longer than its deadline");
    }
    return absl::OkStatus();
  }

 private:
  absl::Time deadline_;
  std::function<bool()> is_cancelled_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CALL_CONTROL_H_
