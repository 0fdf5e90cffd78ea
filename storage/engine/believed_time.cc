#include "storage/engine/believed_time.h"

#include <algorithm>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

absl::Duration DoubtTime(absl::Duration step) {
  return std::clamp(absl::AbsDuration(step) / limits::kClockDoubtPart,
                    absl::Seconds(limits::kClockDoubtSecondsMin),
                    absl::Seconds(limits::kClockDoubtSecondsMax));
}

}  // namespace

BelievedTime::BelievedTime(const Clock& clock, absl::Duration retention)
    : clock_(clock),
      step_(std::min(absl::Seconds(limits::kClockStepSeconds),
                     retention / limits::kClockStepPart)) {
  MutexLock lock(mu_);
  Believe(clock.Now(), clock.Elapsed());
  agreed_since_ = base_at_;
}

void BelievedTime::Begin(Timestamp latest) {
  MutexLock lock(mu_);
  const absl::Duration step = clock_.Now() - latest;
  Believe(IsNear(step, absl::ZeroDuration()) ? clock_.Now() : latest,
          clock_.Elapsed());
  // Of a clock that is ahead nothing says that it is wrong: the server may have
  // been stopped.
  confirmed_ = step <= step_;
  Look();
}

void BelievedTime::Believe(Timestamp now, absl::Duration elapsed) const {
  base_ = now;
  base_at_ = elapsed;
}

BelievedTime::Reading BelievedTime::Look() const {
  const Timestamp now = clock_.Now();
  const absl::Duration elapsed = clock_.Elapsed();
  const Timestamp expected = base_ + (elapsed - base_at_);
  const absl::Duration step = now - expected;
  if (IsNear(step, absl::ZeroDuration())) {
    doubted_.reset();
    confirmed_ |=
        elapsed - agreed_since_ >= absl::Seconds(limits::kClockDoubtSecondsMin);
    Believe(now, elapsed);
    return {.clock = now, .expected = now};
  }
  if (!doubted_ || !IsNear(doubted_->step, step)) {
    doubted_ = {.since = elapsed, .step = step};
  }
  const bool stayed = elapsed - doubted_->since >= DoubtTime(step);
  const bool corrected = step < absl::ZeroDuration() && !confirmed_;
  if (!stayed && !corrected) return {.clock = now, .expected = expected};
  doubted_.reset();
  confirmed_ |= stayed;
  agreed_since_ = elapsed;
  Believe(now, elapsed);
  return {.clock = now, .expected = now};
}

Timestamp BelievedTime::ForExpiry() const {
  MutexLock lock(mu_);
  const Reading reading = Look();
  return std::min(reading.clock, reading.expected);
}

Timestamp BelievedTime::ForArrival() const {
  MutexLock lock(mu_);
  const Reading reading = Look();
  return reading.expected - reading.clock > step_ ? reading.expected
                                                  : reading.clock;
}

std::optional<absl::Duration> BelievedTime::Doubt() const {
  MutexLock lock(mu_);
  Look();
  if (!doubted_) return std::nullopt;
  return doubted_->step;
}

}  // namespace roentgen::storage
