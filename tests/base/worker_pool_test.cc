#include "base/worker_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/caller.h"

namespace roentgen {
namespace {

using testing::ElementsAre;

// Counts; a test waits until it is high enough.
class Semaphore {
 public:
  void Add() {
    ++count_;
    count_.notify_all();
  }
  void AwaitAtLeast(size_t n) const {
    for (size_t seen = count_; seen < n; seen = count_) count_.wait(seen);
  }
  size_t count() const { return count_; }

 private:
  std::atomic<size_t> count_{0};
};

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
                            {.at_stop = WorkerPool::AtStop::kDrop}));
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
  EXPECT_TRUE(pool.TryStart([&] { ++dropped_ran; },
                            {.at_stop = WorkerPool::AtStop::kDrop}));
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

constexpr CallerId kGreedy = 1;
constexpr CallerId kModest = 2;

// What ran, in order.
class Record {
 public:
  WorkerPool::Job Job(std::string name) {
    return [this, name = std::move(name)] {
      const std::lock_guard lock(mu_);
      names_.push_back(name);
    };
  }
  std::vector<std::string> names() const { return names_; }

 private:
  std::mutex mu_;
  std::vector<std::string> names_;
};

TEST(WorkerPoolTest, CallersTakeTurns) {
  WorkerPool pool({.threads = 1, .queue_max = 100});
  Blocker blocker(pool);
  Record record;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pool.TryStart(record.Job("greedy"), {.caller = kGreedy}));
  }
  EXPECT_TRUE(pool.TryStart(record.Job("modest"), {.caller = kModest}));
  EXPECT_TRUE(pool.TryStart(record.Job("nobody")));
  pool.Continue(record.Job("modest's next step"), kModest);
  blocker.Release();
  pool.Stop();
  EXPECT_THAT(record.names(),
              ElementsAre("greedy", "modest", "nobody", "greedy",
                          "modest's next step", "greedy"));
}

TEST(WorkerPoolTest, OneCallerNeverHasAllThreads) {
  WorkerPool pool({.threads = 3, .queue_max = 100});
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  Semaphore running;
  std::atomic<int> ran{0};
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(pool.TryStart(
        [&] {
          running.Add();
          open.wait();
          ++ran;
        },
        {.caller = kGreedy}));
  }
  running.AwaitAtLeast(2);
  EXPECT_EQ(pool.queued(), 3u);
  // The third thread is there for others, again and again.
  for (int i = 0; i < 3; ++i) {
    std::promise<void> answered;
    EXPECT_TRUE(
        pool.TryStart([&] { answered.set_value(); }, {.caller = kModest}));
    answered.get_future().wait();
  }
  EXPECT_EQ(running.count(), 2u);
  gate.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 5);
}

TEST(WorkerPoolTest, OneCallerNeverFillsTheQueue) {
  WorkerPool pool({.threads = 1, .queue_max = 8});
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  const auto job = [&] { ++ran; };
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(pool.TryStart(job, {.caller = kGreedy}));
  }
  EXPECT_FALSE(pool.TryStart(job, {.caller = kGreedy}));
  EXPECT_TRUE(pool.TryStart(job, {.caller = kModest}));
  EXPECT_TRUE(pool.TryStart(job));
  EXPECT_FALSE(pool.TryStart(job, {.caller = kModest}));
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 8);
}

TEST(WorkerPoolTest, DropsOfEveryLine) {
  WorkerPool pool({.threads = 1, .queue_max = 8});
  Blocker blocker(pool);
  Record record;
  const WorkerPool::Terms dropped = {.caller = kGreedy,
                                     .at_stop = WorkerPool::AtStop::kDrop};
  EXPECT_TRUE(pool.TryStart(record.Job("dropped"), dropped));
  EXPECT_TRUE(pool.TryStart(record.Job("greedy"), {.caller = kGreedy}));
  EXPECT_TRUE(
      pool.TryStart(record.Job("dropped"),
                    {.caller = kModest, .at_stop = WorkerPool::AtStop::kDrop}));
  pool.DropWaiting();
  EXPECT_EQ(pool.queued(), 1u);
  // Their places are free again: six for one caller, of eight.
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(pool.TryStart(record.Job("greedy"), {.caller = kGreedy}));
  }
  EXPECT_FALSE(pool.TryStart(record.Job("none"), {.caller = kGreedy}));
  blocker.Release();
  pool.Stop();
  EXPECT_THAT(record.names(), ElementsAre("greedy", "greedy", "greedy",
                                          "greedy", "greedy", "greedy"));
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
