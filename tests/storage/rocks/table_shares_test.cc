// Whom the open table refuses first when sealing is behind.
#include "storage/rocks/table_shares.h"

#include <string>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "bench/support/segment_generator.h"
#include "gtest/gtest.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::Record;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr int64_t kStartUs = 1'700'000'000'000'000;

TEST(TableSharesTest, WhoeverBroughtMoreThanOthersIsAboveShare) {
  TableShares shares;
  EXPECT_FALSE(shares.IsAboveShare(1));
  shares.Add(1, 1'000'000);
  EXPECT_TRUE(shares.IsAboveShare(1));
  EXPECT_FALSE(shares.IsAboveShare(2));
  shares.Add(2, 10);
  EXPECT_TRUE(shares.IsAboveShare(1));
  EXPECT_FALSE(shares.IsAboveShare(2));
  EXPECT_FALSE(shares.IsAboveShare(3));
}

TEST(TableSharesTest, SharesShrinkWithTheTable) {
  TableShares shares;
  shares.Add(1, 900);
  shares.Add(2, 300);
  EXPECT_FALSE(shares.IsAboveShare(2));
  shares.FitTo(120);
  // 90 and 30, and a third of all is due to each.
  shares.Add(2, 14);
  EXPECT_FALSE(shares.IsAboveShare(2));
  shares.Add(2, 2);
  EXPECT_TRUE(shares.IsAboveShare(2));
  EXPECT_TRUE(shares.IsAboveShare(1));
  shares.FitTo(0);
  EXPECT_FALSE(shares.IsAboveShare(2));
}

absl::Status Put(EngineUnderTest& store, CallerId caller, uint64_t seed,
                 int documents) {
  const std::vector<std::string> texts =
      bench::SegmentGenerator(seed).Documents(documents, kStartUs);
  std::vector<NewRecord> records;
  for (const std::string& text : texts) records.push_back(Record(text));
  return WriteForOutcome(store.engine(), std::move(records), {.caller = caller})
      .status;
}

TEST(TableSharesTest, AFloodLeavesRoomForANeighbour) {
  RocksEngineOptions options;
  options.open_table_bytes = 400'000;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  const CallerId flood = CallerOf("flood"), neighbour = CallerOf("neighbour");
  if (flood % 512 == neighbour % 512) GTEST_SKIP() << "they share a slot";
  ASSERT_TRUE(Put(store, neighbour, 1, 1).ok());
  uint64_t seed = 2;
  absl::Status status;
  while (status.ok()) status = Put(store, flood, seed++, 50);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  // Not because there is none.
  EXPECT_TRUE(Put(store, neighbour, seed++, 1).ok());
  EXPECT_FALSE(Put(store, flood, seed++, 1).ok());
  // Newcomers share what is left; it ends, too.
  int taken = 0;
  while (Put(store, CallerOf(std::to_string(seed)), seed, 5).ok()) {
    ++seed;
    ++taken;
  }
  EXPECT_GT(taken, 5);
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  EXPECT_TRUE(Put(store, flood, seed, 50).ok());
}

}  // namespace
}  // namespace roentgen::storage
