#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace roentgen {
namespace {

// Keeps the only thread of a pool busy until Release.
class Blocker {
 public:
  explicit Blocker(WorkerPool& pool) {
    std::promise<void> running;
    auto is_running = running.get_future();
    EXPECT_TRUE(pool.TryStart([this, &running] {
      running.set_value();
      gate_.get_future().wait();
    }));
    is_running.wait();
  }
  void Release() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
};

TEST(WorkerPoolTest, RefusesNewCallsWhenTheQueueIsFull) {
  WorkerPool pool({.threads = 1, .queue_max = 2});
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPoolTest, TakesNextStepsAlsoWhenFull) {
  WorkerPool pool({.threads = 1, .queue_max = 1});
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  pool.Continue([&] { ++ran; });
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 2);
}

TEST(WorkerPoolTest, AfterStopNextStepsRunInPlaceAndNewCallsAreRefused) {
  WorkerPool pool({.threads = 2, .queue_max = 4});
  pool.Stop();
  int ran = 0;
  pool.Continue([&] { ++ran; });
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
}

TEST(WorkerPoolTest, DropsAtStopWhatMayBeDropped) {
  WorkerPool pool({.threads = 1, .queue_max = 4});
  Blocker blocker(pool);
  std::promise<void> dropped;
  // Kept by the job alone.
  int number = 0;
  std::shared_ptr<int> held(&number,
                            [&dropped](const int*) { dropped.set_value(); });
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&ran, held = std::move(held)] { ran += 100; },
                            WorkerPool::AtStop::kDrop));
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2u);
  std::thread stopper([&] { pool.Stop(); });
  // The job's captures end before a thread is waited for.
  dropped.get_future().wait();
  blocker.Release();
  stopper.join();
  EXPECT_EQ(pool.queued(), 0u);
  EXPECT_EQ(ran, 1);
}

// Steps of calls that were let in keep nobody out.
TEST(WorkerPoolTest, NextStepsTakeNoPlaceOfNewCalls) {
  WorkerPool pool({.threads = 1, .queue_max = 1});
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  for (int i = 0; i < 3; ++i) pool.Continue([&] { ++ran; });
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 4);
}

TEST(WorkerPoolTest, GoesOnAfterWhatWaitedWasDropped) {
  WorkerPool pool({.threads = 1, .queue_max = 2});
  Blocker blocker(pool);
  std::atomic<int> dropped_ran{0};
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&] { ++dropped_ran; }, WorkerPool::AtStop::kDrop));
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  pool.DropWaiting();
  EXPECT_EQ(pool.queued(), 1u);
  // Its place is free again.
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(dropped_ran, 0);
  EXPECT_EQ(ran, 2);
}

TEST(PoolShareTest, EndsWhenItsJobsAndTheirNextStepsHaveRun) {
  WorkerPool pool({.threads = 2, .queue_max = 4});
  std::atomic<int> steps{0};
  {
    PoolShare share(pool);
    std::function<void()> step = [&] {
      if (++steps < 10) share.Continue(step);
    };
    EXPECT_TRUE(share.TryStart(step));
    share.Wait();
    EXPECT_EQ(steps, 10);
    EXPECT_TRUE(share.TryStart([&] { ++steps; }));
  }
  EXPECT_EQ(steps, 11);
}

TEST(PoolShareTest, DoesNotWaitForOthers) {
  WorkerPool pool({.threads = 2, .queue_max = 4});
  Blocker others(pool);
  PoolShare share(pool);
  std::atomic<bool> ran{false};
  EXPECT_TRUE(share.TryStart([&] { ran = true; }));
  share.Wait();
  EXPECT_TRUE(ran);
  others.Release();
}

TEST(PoolShareTest, CountsNoRefusedJob) {
  WorkerPool pool({.threads = 1, .queue_max = 0});
  PoolShare share(pool);
  EXPECT_FALSE(share.TryStart([] {}));
  share.Wait();
}

}  // namespace
}  // namespace roentgen
