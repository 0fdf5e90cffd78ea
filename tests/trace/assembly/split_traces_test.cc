#include "trace/assembly/split_traces.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "base/wire.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;

TraceId Id(uint64_t high, uint64_t low) {
  std::string bytes;
  AppendBigEndian(high, bytes);
  AppendBigEndian(low, bytes);
  return TraceId::FromBytes(bytes);
}

TEST(SplitTracesTest, HalvesFindEachOther) {
  SplitTraces split;
  EXPECT_TRUE(split.empty());
  split.AddShort(Id(0, 1), {50});
  split.AddShort(Id(0, 2), {60});
  split.AddShort(Id(0, 3), {70});
  EXPECT_FALSE(split.empty());
  split.AddLong(Id(7, 2), {20});
  split.AddLong(Id(9, 1), {90});
  split.AddLong(Id(8, 4), {10});
  split.AddLong(Id(6, 2), {30});
  const std::vector<WholeTrace> wholes = split.Take();
  ASSERT_EQ(wholes.size(), 2u);
  EXPECT_THAT(wholes[0].halves, ElementsAre(Id(7, 2), Id(6, 2), Id(0, 2)));
  EXPECT_EQ(wholes[0].start, Timestamp{20});
  EXPECT_THAT(wholes[1].halves, ElementsAre(Id(9, 1), Id(0, 1)));
  EXPECT_EQ(wholes[1].start, Timestamp{50});
  EXPECT_TRUE(split.empty());
  EXPECT_TRUE(split.Take().empty());
}

TEST(SplitTracesTest, TooManyAreNoHalves) {
  SplitTraces split;
  split.AddShort(Id(0, 1), {});
  split.AddShort(Id(0, 2), {});
  const auto add = [&](size_t count) {
    for (size_t i = 1; i <= count; ++i) {
      split.AddLong(Id(i, 1), {});
      if (i == 1) split.AddLong(Id(i, 2), {});
    }
    return split.Take().size();
  };
  EXPECT_EQ(add(limits::kHalvesPerTraceMax - 1), 2u);
  split.AddShort(Id(0, 1), {});
  split.AddShort(Id(0, 2), {});
  EXPECT_EQ(add(100 * limits::kHalvesPerTraceMax), 1u);
}

TEST(SplitTracesTest, ShortIdsAreBounded) {
  SplitTraces split;
  for (uint64_t i = 1; i <= limits::kShortTraceIdsMax + 1; ++i) {
    split.AddShort(Id(0, i), {});
  }
  split.AddLong(Id(1, 1), {});
  split.AddLong(Id(1, limits::kShortTraceIdsMax), {});
  split.AddLong(Id(1, limits::kShortTraceIdsMax + 1), {});
  EXPECT_EQ(split.Take().size(), 2u);
}

TEST(SplitTracesTest, RangesAreWidenedAsFarAsTimesGo) {
  constexpr int64_t kHour = limits::kHalvesApartSecondsMax * 1'000'000'000;
  const TimeRange everything;
  EXPECT_EQ(AroundRange(everything), everything);
  for (const int64_t at : {int64_t{0}, int64_t{-1}, int64_t{1}, kHour, -kHour,
                           INT64_MIN + kHour, INT64_MAX - kHour}) {
    const TimeRange around = AroundRange({{at}, {at}});
    EXPECT_EQ(around.begin.ns, at - kHour);
    EXPECT_EQ(around.end.ns, at + kHour);
  }
  EXPECT_EQ(AroundRange({{INT64_MIN + 1}, {0}}).begin, Timestamp::Min());
  EXPECT_EQ(AroundRange({{0}, {INT64_MAX - 1}}).end, Timestamp::Max());
}

TEST(SplitTracesTest, RecordsAreInTheirOrder) {
  const auto record = [](uint64_t commit, uint32_t position) {
    StoredRecord out;
    out.sequence = {commit, position};
    return out;
  };
  const TraceRecords whole = JoinHalves(
      {{.trace_id = Id(1, 1), .records = {record(1, 0), record(3, 1)}},
       {.trace_id = Id(0, 1), .records = {record(2, 0), record(3, 0)}}});
  EXPECT_EQ(whole.trace_id, Id(1, 1));
  EXPECT_THAT(whole.records, ElementsAre(record(1, 0), record(2, 0),
                                         record(3, 0), record(3, 1)));
}

}  // namespace
}  // namespace roentgen::storage
