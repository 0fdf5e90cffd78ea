#include "server/rpc/read_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace roentgen::server {
namespace {

// Keeps the only thread of a pool busy until Release.
class Blocker {
 public:
  explicit Blocker(ReadPool& pool) {
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

TEST(ReadPoolTest, RefusesNewCallsWhenTheQueueIsFull) {
  ReadPool pool(1, 2);
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 2);
}

TEST(ReadPoolTest, TakesNextStepsAlsoWhenFull) {
  ReadPool pool(1, 1);
  Blocker blocker(pool);
  std::atomic<int> ran{0};
  EXPECT_TRUE(pool.TryStart([&] { ++ran; }));
  pool.Continue([&] { ++ran; });
  blocker.Release();
  pool.Stop();
  EXPECT_EQ(ran, 2);
}

TEST(ReadPoolTest, AfterStopNextStepsRunInPlaceAndNewCallsAreRefused) {
  ReadPool pool(2, 4);
  pool.Stop();
  int ran = 0;
  pool.Continue([&] { ++ran; });
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(pool.TryStart([&] { ++ran; }));
}

}  // namespace
}  // namespace roentgen::server
