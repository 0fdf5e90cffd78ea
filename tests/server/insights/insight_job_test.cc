// When a job's step runs.
#include "server/insights/insight_job.h"

#include "base/clock.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

// Counts steps, and lets a test wait for them.
class Steps {
 public:
  absl::Duration Run(absl::Duration delay) {
    MutexLock lock(mu_);
    ++count_;
    changed_.NotifyAll();
    return delay;
  }
  void WaitFor(int count) {
    MutexLock lock(mu_);
    while (count_ < count) changed_.Wait(mu_);
  }
  int count() {
    MutexLock lock(mu_);
    return count_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  int count_ RTG_GUARDED_BY(mu_) = 0;
};

TEST(InsightJobTest, RunsAtOnceAndAgain) {
  Steps steps;
  InsightJob job(
      [&](const CallControl&) { return steps.Run(absl::Milliseconds(1)); });
  steps.WaitFor(5);
}

TEST(InsightJobTest, CanBeWoken) {
  Steps steps;
  InsightJob job(
      [&](const CallControl&) { return steps.Run(absl::InfiniteDuration()); });
  for (int i = 1; i < 5; ++i) {
    steps.WaitFor(i);
    EXPECT_EQ(steps.count(), i);
    job.Wake();
  }
  steps.WaitFor(5);
}

TEST(InsightJobTest, StopsAtOnceAndCancelsTheStep) {
  Steps steps;
  InsightJob job([&](const CallControl& control) {
    steps.Run(absl::ZeroDuration());
    while (control.Check(SystemClock()).ok()) {
    }
    return absl::InfiniteDuration();
  });
  steps.WaitFor(1);
  job.Stop();
  job.Stop();
  EXPECT_EQ(steps.count(), 1);
}

}  // namespace
}  // namespace roentgen::server
