#include "storage/rocks/write_queue.h"

#include <chrono>
#include <future>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

// Nobody waits for it: what ends sooner has another reason.
constexpr std::chrono::hours kForever(24);

class WriteQueueTest : public testing::Test {
 protected:
  WriteQueue queue_{SIZE_MAX, kForever};

  void Push(size_t bytes = 1) {
    PendingWrite write;
    write.bytes = bytes;
    ASSERT_EQ(queue_.Push(write), WriteQueue::PushResult::kQueued);
  }
  size_t Pop() { return queue_.PopGroup().size(); }
  std::future<size_t> PopMeanwhile() {
    return std::async(std::launch::async, [this] { return Pop(); });
  }
};

TEST_F(WriteQueueTest, ALoneSenderDoesNotWait) {
  for (int i = 0; i < 3; ++i) {
    Push();
    EXPECT_EQ(Pop(), 1U);
  }
}

TEST_F(WriteQueueTest, AGroupIsWhatWaitsTogether) {
  for (int i = 0; i < 3; ++i) Push();
  EXPECT_EQ(Pop(), 3U);
}

TEST_F(WriteQueueTest, SendersThatWereAnsweredTogetherShareTheNextGroup) {
  for (int i = 0; i < 3; ++i) Push();
  ASSERT_EQ(Pop(), 3U);
  std::future<size_t> group = PopMeanwhile();
  // More than three if some were there before it began to wait.
  while (group.wait_for(std::chrono::milliseconds(1)) ==
         std::future_status::timeout) {
    Push();
  }
  EXPECT_GE(group.get(), 3U);
}

TEST_F(WriteQueueTest, WhoCameMeanwhileIsJoinedByThem) {
  for (int i = 0; i < 2; ++i) Push();
  ASSERT_EQ(Pop(), 2U);
  for (int i = 0; i < 2; ++i) Push();
  std::future<size_t> group = PopMeanwhile();
  ASSERT_EQ(group.wait_for(std::chrono::seconds(0)),
            std::future_status::timeout);
  queue_.Close();
  EXPECT_EQ(group.get(), 2U);
}

TEST_F(WriteQueueTest, ALargeWriteIsNotKeptWaiting) {
  for (int i = 0; i < 3; ++i) Push();
  ASSERT_EQ(Pop(), 3U);
  std::future<size_t> group = PopMeanwhile();
  Push(limits::kCommitBytesMax);
  EXPECT_EQ(group.get(), 1U);
}

TEST_F(WriteQueueTest, ClosingEndsTheWait) {
  for (int i = 0; i < 2; ++i) Push();
  ASSERT_EQ(Pop(), 2U);
  std::future<size_t> group = PopMeanwhile();
  Push();
  queue_.Close();
  EXPECT_EQ(group.get(), 1U);
  EXPECT_EQ(Pop(), 0U);
}

TEST(WriteQueueTimeTest, TheWaitEndsWhenNobodyComesBack) {
  WriteQueue queue(SIZE_MAX, std::chrono::microseconds(1));
  const auto push = [&] {
    PendingWrite write;
    write.bytes = 1;
    ASSERT_EQ(queue.Push(write), WriteQueue::PushResult::kQueued);
  };
  for (int i = 0; i < 2; ++i) push();
  ASSERT_EQ(queue.PopGroup().size(), 2U);
  push();
  EXPECT_EQ(queue.PopGroup().size(), 1U);
}

}  // namespace
}  // namespace roentgen::storage
