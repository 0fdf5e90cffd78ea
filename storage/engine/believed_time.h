// What time it is, for those who delete by it.
//
// The clock of a machine may be wrong: a dead battery, a slip of the hand, a
// time server that lies. What expires by a wrong clock is gone for good. This
// compares the time of day with what is known: the latest time at which the
// store was written, and a clock that nobody can set. A time of day that is
// more than a 24th of the retention, or limits::kClockStepSeconds, away from
// what is expected is doubted until it has stayed for a while; until then time
// goes on from where it was.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ENGINE_BELIEVED_TIME_H_
#define ROENTGEN_STORAGE_ENGINE_BELIEVED_TIME_H_

#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"

namespace roentgen::storage {

class BelievedTime {
 public:
  // `clock` outlives this object. Its time is taken as it is until Begin.
  // `retention`: after which something expires by this time.
  BelievedTime(const Clock& clock, absl::Duration retention);

  // It was later than `latest` for sure. Once, before other threads ask.
  void Begin(Timestamp latest);

  // For expiry: never ahead of the clock, nor of what is believed.
  Timestamp ForExpiry() const;
  // For arrivals: the clock, but not what it says while it is too far back to
  // be believed; what came then would have expired when it is right again.
  Timestamp ForArrival() const;

  // What the clock is ahead (behind: less than zero) while it is doubted.
  std::optional<absl::Duration> Doubt() const;

 private:
  struct Doubted {
    absl::Duration since;  // By Clock::Elapsed, as all of these.
    absl::Duration step;
  };
  struct Reading {
    Timestamp clock;
    Timestamp expected;
  };
  bool IsNear(absl::Duration a, absl::Duration b) const {
    return absl::AbsDuration(a - b) <= step_;
  }
  // Brings what is believed up to date.
  Reading Look() const RTG_REQUIRES(mu_);
  void Believe(Timestamp now, absl::Duration elapsed) const RTG_REQUIRES(mu_);

  const Clock& clock_;
  const absl::Duration step_;  // Larger ones are doubted.
  mutable Mutex mu_;
  // What was believed at last, and when.
  mutable Timestamp base_ RTG_GUARDED_BY(mu_);
  mutable absl::Duration base_at_ RTG_GUARDED_BY(mu_);
  // Since when the clock has been as expected.
  mutable absl::Duration agreed_since_ RTG_GUARDED_BY(mu_);
  // Something besides the clock says so: a step back is doubted, too.
  mutable bool confirmed_ RTG_GUARDED_BY(mu_) = false;
  mutable std::optional<Doubted> doubted_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_BELIEVED_TIME_H_
