#include "storage/rocks/write_queue.h"

#include <chrono>
#include <future>

#include "absl/time/time.h"
#include "base/caller.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

// Nobody waits for it: what ends sooner has another reason.
constexpr std::chrono::hours kForever(24);

class WriteQueueTest : public testing::Test {
 protected:
  WriteQueue queue_{SIZE_MAX, kForever};

  void Push(Durability durability = Durability::kSynced, size_t bytes = 1) {
    PendingWrite write;
    write.bytes = bytes;
    write.durability = durability;
    ASSERT_EQ(queue_.Push(write), WriteQueue::PushResult::kQueued);
  }
  void Push(int count) {
    for (int i = 0; i < count; ++i) Push();
  }
  size_t Pop() { return queue_.PopGroup().size(); }
  std::future<size_t> PopMeanwhile() {
    return std::async(std::launch::async, [this] { return Pop(); });
  }
  // Of a group that several senders wait for, whose sync took ages.
  void Answer() { queue_.BeforeAnswers(2 * kForever); }
};

TEST(WriteQueueShareTest, OneCallerLeavesRoomForOthers) {
  using Result = WriteQueue::PushResult;
  WriteQueue queue(1'000, kForever);
  const auto push = [&](CallerId caller, size_t bytes) {
    PendingWrite write;
    write.caller = caller;
    write.bytes = bytes;
    write.deadline = absl::FromUnixSeconds(caller);
    return queue.Push(write);
  };
  constexpr CallerId kGreedy = 1;
  constexpr CallerId kModest = 2;
  EXPECT_EQ(push(kGreedy, 500), Result::kQueued);
  EXPECT_EQ(push(kGreedy, 251), Result::kFull);
  EXPECT_EQ(push(kGreedy, 250), Result::kQueued);
  EXPECT_EQ(push(kModest, 200), Result::kQueued);
  EXPECT_EQ(push(kNoCaller, 51), Result::kFull);
  EXPECT_EQ(push(kNoCaller, 50), Result::kQueued);
  EXPECT_EQ(push(kModest, 1), Result::kFull);
  // What leaves the queue counts no more, whichever way.
  EXPECT_EQ(queue.TakeExpired(absl::FromUnixSeconds(2)).size(), 3U);
  EXPECT_EQ(queue.bytes(), 200U);
  EXPECT_EQ(push(kGreedy, 750), Result::kQueued);
  EXPECT_EQ(queue.PopGroup().size(), 2U);
  EXPECT_EQ(queue.bytes(), 0U);
  // One write may be larger than any bound, alone.
  EXPECT_EQ(push(kGreedy, 5'000), Result::kQueued);
  EXPECT_EQ(push(kGreedy, 1), Result::kFull);
}

// Whoever has much waiting does not make others wait for all of it.
TEST(WriteQueueShareTest, CallersTakeTurns) {
  WriteQueue queue(SIZE_MAX, kForever);
  const auto push = [&](CallerId caller, size_t bytes) {
    PendingWrite write;
    write.caller = caller;
    write.bytes = bytes;
    ASSERT_EQ(queue.Push(write), WriteQueue::PushResult::kQueued);
  };
  constexpr size_t kThird = limits::kCommitBytesMax / 3;
  for (size_t i = 0; i < 5; ++i) push(1, kThird - i);
  push(2, 10);
  push(2, 11);
  push(3, 12);
  const auto sizes = [](const std::vector<PendingWrite>& group) {
    std::vector<size_t> out;
    for (const PendingWrite& write : group) out.push_back(write.bytes);
    return out;
  };
  EXPECT_EQ(sizes(queue.PopGroup()),
            (std::vector<size_t>{kThird, 10, 12, kThird - 1, 11}));
  EXPECT_EQ(sizes(queue.PopGroup()),
            (std::vector<size_t>{kThird - 2, kThird - 3, kThird - 4}));
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST_F(WriteQueueTest, ALoneSenderDoesNotWait) {
  for (int i = 0; i < 3; ++i) {
    Push(1);
    EXPECT_EQ(Pop(), 1U);
    Answer();
  }
}

TEST_F(WriteQueueTest, AGroupIsWhatWaitsTogether) {
  Push(3);
  EXPECT_EQ(Pop(), 3U);
}

TEST_F(WriteQueueTest, SendersThatWereAnsweredTogetherShareTheNextGroup) {
  Push(3);
  ASSERT_EQ(Pop(), 3U);
  Answer();
  std::future<size_t> group = PopMeanwhile();
  Push(3);
  EXPECT_EQ(group.get(), 3U);
}

TEST_F(WriteQueueTest, WhoCameMeanwhileIsJoinedByThem) {
  Push(2);
  ASSERT_EQ(Pop(), 2U);
  Push(2);
  Answer();
  std::future<size_t> group = PopMeanwhile();
  Push(2);
  EXPECT_EQ(group.get(), 4U);
}

TEST_F(WriteQueueTest, WhoIsBackAlreadyIsNotWaitedFor) {
  Push(2);
  ASSERT_EQ(Pop(), 2U);
  Answer();
  Push(2);
  EXPECT_EQ(Pop(), 2U);
}

TEST_F(WriteQueueTest, DatagramsAreNoSenders) {
  Push(Durability::kGathered);
  Push(1);
  ASSERT_EQ(Pop(), 2U);
  Answer();
  Push(1);
  EXPECT_EQ(Pop(), 1U);
}

TEST_F(WriteQueueTest, NobodyIsWaitedForLongerThanHalfASync) {
  Push(2);
  ASSERT_EQ(Pop(), 2U);
  queue_.BeforeAnswers(std::chrono::nanoseconds(1));
  Push(1);
  EXPECT_EQ(Pop(), 1U);
}

TEST_F(WriteQueueTest, ALargeWriteIsNotKeptWaiting) {
  Push(3);
  ASSERT_EQ(Pop(), 3U);
  Answer();
  std::future<size_t> group = PopMeanwhile();
  Push(Durability::kSynced, limits::kCommitBytesMax);
  EXPECT_EQ(group.get(), 1U);
}

TEST_F(WriteQueueTest, ClosingEndsTheWait) {
  Push(2);
  ASSERT_EQ(Pop(), 2U);
  Answer();
  std::future<size_t> group = PopMeanwhile();
  Push(1);
  queue_.Close();
  EXPECT_EQ(group.get(), 1U);
  EXPECT_EQ(Pop(), 0U);
}

TEST_F(WriteQueueTest, WhatHasExpiredIsTakenOut) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  for (const int seconds : {-1, 5, 0, -7}) {
    PendingWrite write;
    write.bytes = 10;
    write.deadline = now + absl::Seconds(seconds);
    ASSERT_EQ(queue_.Push(write), WriteQueue::PushResult::kQueued);
  }
  Push(1);  // It has no deadline.
  EXPECT_EQ(queue_.TakeExpired(now).size(), 2U);
  EXPECT_EQ(queue_.TakeExpired(now).size(), 0U);
  EXPECT_EQ(queue_.bytes(), 21U);
  EXPECT_EQ(Pop(), 3U);
  EXPECT_EQ(queue_.bytes(), 0U);
}

// Nobody is left whom a group could be for.
TEST_F(WriteQueueTest, AGroupIsNotEmptyWhenItsOnlyWriteExpires) {
  Push(2);
  ASSERT_EQ(Pop(), 2U);
  Answer();
  std::future<size_t> group = PopMeanwhile();
  PendingWrite write;
  write.bytes = 1;
  write.deadline = absl::InfinitePast();
  ASSERT_EQ(queue_.Push(write), WriteQueue::PushResult::kQueued);
  EXPECT_EQ(queue_.TakeExpired(absl::UnixEpoch()).size(), 1U);
  Push(2);
  EXPECT_EQ(group.get(), 2U);
}

}  // namespace
}  // namespace roentgen::storage
