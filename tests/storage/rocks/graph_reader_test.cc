// What only the RocksDB engine's service map has: roll-ups that overflow,
// damage, and groups that must be known before traces are sealed.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "trace/model/graph_figures.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::Record;
using testing_support::SegmentSpec;

constexpr int64_t kHour = 1'699'999'200;  // A whole one.
constexpr Timestamp kNow = Timestamp::FromSeconds(kHour + 9'000);

TimeRange Seconds(int64_t begin, int64_t end) {
  return {Timestamp::FromSeconds(kHour + begin),
          Timestamp::FromSeconds(kHour + end)};
}

// More names than a roll-up may hold: it forgets them, the columns do not.
TEST(GraphOverflowTest, TheMapGoesByColumnsThen) {
  constexpr uint64_t kNames = 46'000;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  const auto put = [&](uint64_t first, uint64_t last) {
    std::vector<NewRecord> records;
    for (uint64_t i = first; i < last; ++i) {
      records.push_back(Record(
          SegmentSpec{.trace = i + 1,
                      .start = static_cast<double>(kHour),
                      .name = std::to_string(i) + std::string(190, 'x')}));
    }
    ASSERT_TRUE(WriteAndWait(store.engine(), std::move(records)).ok());
  };
  for (uint64_t i = 0; i < kNames; i += 15'500) {
    put(i, std::min(i + 15'500, kNames));
    ASSERT_TRUE(store.rocks()->SealAll().ok());
  }
  put(0, 10);  // These are open again, and say the same.
  const auto graph = store.engine().Graph(
      {.range = Seconds(0, 3'600)}, testing_support::AnyCall(size_t{1} << 30));
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->periods.size(), 1u);
  const GraphFigures& figures = graph->periods.begin()->second;
  EXPECT_EQ(figures.nodes.size(), 2 * kNames);  // And a client of each.
  EXPECT_EQ(figures.edges.size(), kNames);
  for (const auto& [service, node] : figures.nodes) {
    ASSERT_EQ(node.calls.count(), IsClient(service) ? 0 : 1) << service.name;
    ASSERT_EQ(node.activity.size(), 1u) << service.name;
    ASSERT_EQ(node.activity.begin()->first, kHour + 1) << service.name;
  }
  // What such a map takes is bounded like any other search.
  EXPECT_TRUE(
      absl::IsResourceExhausted(store.engine()
                                    .Graph({.range = Seconds(0, 3'600)},
                                           testing_support::AnyCall(1 << 20))
                                    .status()));
}

class NoGroups final : public GroupTests {
 public:
  std::vector<GroupTest> Tests() const override { return {}; }
};

TEST(GraphGroupsTest, NothingIsSealedBeforeGroupsAreKnown) {
  RocksEngineOptions options;
  options.await_groups = true;
  const NoGroups groups;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  ASSERT_TRUE(WriteAndWait(store.engine(), {Record(SegmentSpec{})}).ok());
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  EXPECT_EQ(store.engine().Usage().open_traces, 1u);
  store.Restart();
  EXPECT_EQ(store.engine().Usage().open_traces, 1u);
  store.SetGroups(groups);
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  EXPECT_EQ(store.engine().Usage().open_traces, 0u);
}

}  // namespace
}  // namespace roentgen::storage
