#include "base/call.h"

#include <cstdint>
#include <string>

namespace roentgen {

absl::Status Call::Check() const {
  if (cancelled_.stop_requested()) {
    return absl::CancelledError("the caller went away");
  }
  if (deadline_ != absl::InfiniteFuture() &&
      clock_->Now().ToTime() > deadline_) {
    return absl::DeadlineExceededError("call took longer than its deadline");
  }
  return absl::OkStatus();
}

absl::Status Call::CheckRoom(size_t bytes) const {
  if (answer_room_ != nullptr) return answer_room_(bytes);
  if (bytes <= memory_bytes_max_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "the answer has more than memory.query, which is " +
      std::to_string(memory_bytes_max_) + " bytes: ask for less");
}

const Call& UnattendedCall() {
  static const Call call(SystemClock(), absl::InfiniteFuture(), SIZE_MAX,
                         std::stop_token(), nullptr);
  return call;
}

}  // namespace roentgen
