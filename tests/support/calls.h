// Calls for tests.
//
// Threads: thread-safe.
#ifndef ROENTGEN_TESTS_SUPPORT_CALLS_H_
#define ROENTGEN_TESTS_SUPPORT_CALLS_H_

#include <cstddef>
#include <functional>
#include <stop_token>
#include <utility>

#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/timestamp.h"

namespace roentgen::testing_support {

// Somebody waits for it as long as it takes. `answer_room`: empty where the
// memory of the call is that of its answer.
inline Call AnyCall(size_t memory_bytes_max = limits::kQueryMemoryBytes,
                    Call::Room answer_room = {}) {
  return {SystemClock(), absl::InfiniteFuture(), memory_bytes_max,
          std::stop_token(), std::move(answer_room)};
}

inline Call CallUntil(const Clock& clock, absl::Time deadline) {
  return {clock, deadline, limits::kQueryMemoryBytes, std::stop_token(), {}};
}

inline Call CancelledCall() {
  std::stop_source source;
  source.request_stop();
  return {SystemClock(),
          absl::InfiniteFuture(),
          limits::kQueryMemoryBytes,
          source.get_token(),
          {}};
}

// A call that is asked again and again whether to go on: `is_late` runs each
// time, and ends it by returning true.
class WatchedCall : private Clock {
 public:
  explicit WatchedCall(std::function<bool()> is_late)
      : is_late_(std::move(is_late)), call_(CallUntil(*this, kDeadline)) {}
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;

  operator const Call&() const { return call_; }  // NOLINT: is one.

 private:
  static constexpr absl::Time kDeadline = absl::UnixEpoch();

  Timestamp Now() const override {
    return Timestamp{is_late_() ? int64_t{1} : int64_t{0}};
  }
  absl::Duration Elapsed() const override { return absl::ZeroDuration(); }

  const std::function<bool()> is_late_;
  const Call call_;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_CALLS_H_
