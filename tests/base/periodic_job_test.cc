// When a job's step runs.
#include "base/periodic_job.h"

#include "base/clock.h"
#include "gtest/gtest.h"

namespace roentgen {
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

TEST(PeriodicJobTest, RunsAtOnceAndAgain) {
  Steps steps;
  PeriodicJob job(
      [&](const std::stop_token&) { return steps.Run(absl::Milliseconds(1)); });
  steps.WaitFor(5);
}

TEST(PeriodicJobTest, CanBeWoken) {
  Steps steps;
  PeriodicJob job([&](const std::stop_token&) {
    return steps.Run(absl::InfiniteDuration());
  });
  for (int i = 1; i < 5; ++i) {
    steps.WaitFor(i);
    EXPECT_EQ(steps.count(), i);
    job.Wake();
  }
  steps.WaitFor(5);
}

TEST(PeriodicJobTest, StopsAtOnceAndCancelsTheStep) {
  Steps steps;
  PeriodicJob job([&](const std::stop_token& stopped) {
    steps.Run(absl::ZeroDuration());
    while (!stopped.stop_requested()) {
    }
    return absl::InfiniteDuration();
  });
  steps.WaitFor(1);
  job.Stop();
  job.Stop();
  EXPECT_EQ(steps.count(), 1);
}

TEST(PeriodicJobTest, CanWaitBeforeItsFirstStep) {
  Steps steps;
  PeriodicJob job(
      [&](const std::stop_token&) {
        return steps.Run(absl::InfiniteDuration());
      },
      absl::InfiniteDuration());
  job.Stop();
  EXPECT_EQ(steps.count(), 0);
  PeriodicJob woken(
      [&](const std::stop_token&) {
        return steps.Run(absl::InfiniteDuration());
      },
      absl::InfiniteDuration());
  woken.Wake();
  steps.WaitFor(1);
}

}  // namespace
}  // namespace roentgen
