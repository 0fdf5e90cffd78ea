// One call: until when it may go on, whether anybody still waits for it, and
// what memory it may take. Whatever reads traces is given one.
//
//   const CallLimits limits{.clock = &clock, .memory_bytes_max = 256 << 20};
//   const Call call = limits.Until(deadline, cancelled);
//   for (size_t i = 0; i < records.size(); ++i) {
//     RTG_RETURN_IF_ERROR(call.CheckAt(i));
//     ...
//   }
//
// Long work checks often enough to stop within 50 ms. Who waits for something
// else than work is woken by a std::stop_callback of cancelled().
//
// Threads: thread-safe; a call is passed by reference, its copies end with it.
#ifndef ROENTGEN_BASE_CALL_H_
#define ROENTGEN_BASE_CALL_H_

#include <cstddef>
#include <functional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"

namespace roentgen {

class Call {
 public:
  // Whether an answer may have so many bytes now.
  using Room = std::function<absl::Status(size_t bytes)>;

  // `clock`, which outlives the call, says when the deadline is over;
  // InfiniteFuture: the call ends when it is cancelled. `memory_bytes_max`: of
  // one trace while it is read, and of figures that are gathered (the setting
  // memory.query). `answer_room`: empty where nobody counts the memory of
  // answers; then `memory_bytes_max` bounds the answer, too.
  Call(const Clock& clock, absl::Time deadline, size_t memory_bytes_max,
       std::stop_token cancelled, Room answer_room)
      : clock_(&clock),
        deadline_(deadline),
        memory_bytes_max_(memory_bytes_max),
        cancelled_(std::move(cancelled)),
        answer_room_(std::move(answer_room)) {}

  const Clock& clock() const { return *clock_; }
  absl::Time deadline() const { return deadline_; }
  size_t memory_bytes_max() const { return memory_bytes_max_; }
  const std::stop_token& cancelled() const { return cancelled_; }

  // DeadlineExceeded or Cancelled once there is no point in going on.
  absl::Status Check() const;
  // Checks once per this many records: a few milliseconds of work.
  static constexpr size_t kRecordsPerCheck = 256;
  absl::Status CheckAt(size_t record) const {
    return record % kRecordsPerCheck == 0 ? Check() : absl::OkStatus();
  }

  // Before an answer grows to `bytes`. Errors: ResourceExhausted, Unavailable;
  // those of Check where memory is counted.
  absl::Status CheckRoom(size_t bytes) const;

  // The same call with less memory.
  Call WithMemory(size_t memory_bytes_max) const {
    return {*clock_, deadline_, memory_bytes_max, cancelled_, answer_room_};
  }

 private:
  const Clock* clock_;
  absl::Time deadline_;
  size_t memory_bytes_max_;
  std::stop_token cancelled_;
  Room answer_room_;
};

// What every call of a server may take.
struct CallLimits {
  const Clock* clock;       // Outlives all calls.
  size_t memory_bytes_max;  // Of each call: see Call.

  Call Until(absl::Time deadline, std::stop_token cancelled,
             Call::Room answer_room = {}) const {
    return {*clock, deadline, memory_bytes_max, std::move(cancelled),
            std::move(answer_room)};
  }
};

// For work that nobody waits for and that has to be done: what an engine makes
// of the traces that it has taken in. They were bounded when it took them in.
const Call& UnattendedCall();

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CALL_H_
