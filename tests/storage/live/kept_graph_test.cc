// What is kept of a map adds up to the map.
#include "storage/live/kept_graph.h"

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "gtest/gtest.h"
#include "storage/index/column_graph.h"
#include "tests/storage/index/index_fixture.h"

namespace roentgen::storage {
namespace {

class KeptGraphTest : public testing::Test {
 protected:
  static GraphWindow Window(int64_t begin, int64_t end,
                            absl::Duration period = absl::ZeroDuration()) {
    return GraphWindow(
        {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)}, period);
  }

  GraphPeriods Columns(const GraphWindow& window) {
    GraphPeriods periods;
    const absl::Status status =
        AddColumnGraph(index_.columns(), some_, window, 1, periods);
    EXPECT_TRUE(status.ok()) << status;
    Tidy(periods);
    return periods;
  }

  // Nothing: it has to be looked at.
  std::optional<GraphPeriods> Kept(const KeptGraph& kept,
                                   const GraphWindow& window) {
    GraphPeriods periods;
    const auto added = AddKeptGraph(kept, window, periods);
    EXPECT_TRUE(added.ok()) << added.status();
    if (!added.ok() || !*added) {
      EXPECT_TRUE(periods.empty());
      return std::nullopt;
    }
    Tidy(periods);
    return periods;
  }

  KeptGraph Keep(int64_t begin = INT64_MIN, int64_t end = INT64_MAX) {
    auto kept = KeepGraph(index_.columns(), some_, begin, end);
    EXPECT_TRUE(kept.ok()) << kept.status();
    return *std::move(kept);
  }

  static void Tidy(GraphPeriods& periods) {
    for (auto& [begin, figures] : periods) DropEmpty(figures);
    std::erase_if(periods,
                  [](const auto& p) { return p.second.nodes.empty(); });
  }

  // Traces of a second and a half, every third left out.
  testing_support::IndexFixture index_{1'500, 3};
  const TraceBitmap some_ =
      TraceBitmap::Where(1'500, [](uint32_t i) { return i % 3 != 0; });
};

TEST_F(KeptGraphTest, AddsUpToTheMapWhereNoMinuteIsCut) {
  const KeptGraph kept = Keep();
  ASSERT_FALSE(kept.minutes.empty());
  const int64_t first = kept.minutes.begin()->second.first_second;
  const int64_t last = kept.minutes.rbegin()->second.last_second;
  for (const GraphWindow& window :
       {Window(0, 2'000'000'000), Window(first, last + 1),
        Window(0, 2'000'000'000, absl::Minutes(1)),
        Window(0, 2'000'000'000, absl::Hours(1))}) {
    const auto map = Kept(kept, window);
    ASSERT_TRUE(map.has_value());
    EXPECT_FALSE(map->empty());
    EXPECT_EQ(*map, Columns(window));
  }
  EXPECT_EQ(Kept(kept, Window(0, first)), GraphPeriods());
  EXPECT_EQ(Kept(kept, Window(last + 1, last + 9)), GraphPeriods());
}

TEST_F(KeptGraphTest, WhatIsCutIsKeptForItsWindow) {
  const KeptGraph kept = Keep();
  const KeptGraph::Minute& minute = kept.minutes.begin()->second;
  ASSERT_LT(minute.first_second, minute.last_second);
  const GraphWindow cut = Window(0, minute.last_second);
  EXPECT_FALSE(Kept(kept, cut).has_value());
  EXPECT_FALSE(
      Kept(kept, Window(minute.first_second + 1, 2'000'000'000)).has_value());
  EXPECT_FALSE(
      Kept(kept, Window(0, 2'000'000'000, absl::Seconds(1))).has_value());
  const auto part = Kept(Keep(cut.begin(), cut.end()), cut);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(*part, Columns(cut));
}

TEST_F(KeptGraphTest, AMinuteThatIsTooMuchIsLookedAt) {
  KeptGraph kept = Keep();
  kept.minutes.begin()->second.roll_up = "\xff";
  EXPECT_FALSE(Kept(kept, Window(0, 2'000'000'000)).has_value());
}

}  // namespace
}  // namespace roentgen::storage
