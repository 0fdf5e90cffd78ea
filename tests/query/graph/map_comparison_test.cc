// Two maps: what is worse comes first.
#include "query/graph/map_comparison.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace roentgen::query {
namespace {

using storage::CallFigures;
using storage::GraphFigures;
using storage::ServiceId;

CallFigures Calls(int64_t ok, int64_t fault, absl::Duration each) {
  CallFigures calls;
  calls.ok = ok;
  calls.fault = fault;
  calls.response_times.Add(each, ok + fault);
  return calls;
}

ChangeKind KindOf(const CallFigures& before, const CallFigures& after) {
  GraphFigures a, b;
  const ServiceId service{"a", "", ""};
  if (before.count() > 0) a.nodes[service].calls = before;
  if (after.count() > 0) b.nodes[service].calls = after;
  const std::vector<MapChange> changes = CompareMaps(a, b);
  EXPECT_EQ(changes.size(), 1u);
  return changes[0].kind;
}

TEST(MapComparisonTest, SaysWhatChanged) {
  const auto ms = [](int n) { return absl::Milliseconds(n); };
  const struct {
    CallFigures before;
    CallFigures after;
    ChangeKind kind;
  } kCases[] = {
      {Calls(1'000, 0, ms(10)), Calls(1'000, 0, ms(10)), ChangeKind::kSame},
      {Calls(1'000, 0, ms(10)), Calls(5'000, 0, ms(11)), ChangeKind::kSame},
      {Calls(1'000, 0, ms(10)), Calls(900, 100, ms(10)),
       ChangeKind::kFailsMore},
      {Calls(900, 100, ms(10)), Calls(1'000, 0, ms(10)),
       ChangeKind::kFailsLess},
      // Failing outweighs being slower or faster.
      {Calls(1'000, 0, ms(10)), Calls(900, 100, ms(90)),
       ChangeKind::kFailsMore},
      {Calls(900, 100, ms(10)), Calls(1'000, 0, ms(90)), ChangeKind::kSlower},
      {Calls(1'000, 0, ms(100)), Calls(1'000, 0, ms(130)), ChangeKind::kSlower},
      {Calls(1'000, 0, ms(130)), Calls(1'000, 0, ms(100)), ChangeKind::kFaster},
      // Too little of it, or too few calls to tell.
      {Calls(1'000, 0, ms(2)), Calls(1'000, 0, ms(6)), ChangeKind::kSame},
      {Calls(3, 0, ms(10)), Calls(3, 0, ms(1'000)), ChangeKind::kSame},
      {Calls(3, 0, ms(10)), Calls(2, 1, ms(10)), ChangeKind::kSame},
      {Calls(1'000, 0, ms(10)), Calls(995, 5, ms(10)), ChangeKind::kSame},
      {Calls(0, 0, ms(1)), Calls(1, 0, ms(10)), ChangeKind::kAppeared},
      {Calls(1, 0, ms(10)), Calls(0, 0, ms(1)), ChangeKind::kVanished},
  };
  for (size_t i = 0; i < std::size(kCases); ++i) {
    EXPECT_EQ(NameOf(KindOf(kCases[i].before, kCases[i].after)),
              NameOf(kCases[i].kind))
        << "case " << i;
  }
}

TEST(MapComparisonTest, TheWorstComesFirst) {
  GraphFigures before, after;
  const auto node = [&](const char* name, const CallFigures& was,
                        const CallFigures& is) {
    const ServiceId service{name, "", ""};
    if (was.count() > 0) before.nodes[service].calls = was;
    if (is.count() > 0) after.nodes[service].calls = is;
  };
  const absl::Duration t = absl::Milliseconds(100);
  node("a-same", Calls(100, 0, t), Calls(100, 0, t));
  node("b-slow", Calls(100, 0, t), Calls(100, 0, 2 * t));
  node("c-slower", Calls(100, 0, t), Calls(100, 0, 3 * t));
  node("d-fails", Calls(100, 0, t), Calls(70, 30, t));
  node("e-fails-more", Calls(100, 0, t), Calls(50, 50, t));
  node("f-new", {}, Calls(100, 0, t));
  node("g-gone", Calls(100, 0, t), {});
  node("h-better", Calls(50, 50, t), Calls(100, 0, t));
  before.nodes[{"x", "client", ""}];
  after.nodes[{"x", "client", ""}];
  std::string names;
  for (const MapChange& change : CompareMaps(before, after)) {
    names += change.service.name.substr(0, 1);
  }
  EXPECT_EQ(names, "edcbgfha");
}

TEST(MapComparisonTest, EdgesAreComparedToo) {
  GraphFigures before, after;
  const storage::EdgeKey key{{"a", "", ""}, {"b", "remote", ""}, false};
  before.edges[key].calls = Calls(80, 20, absl::Milliseconds(10));
  after.edges[key].calls = Calls(100, 0, absl::Milliseconds(10));
  after.edges[key].calls.error = 100;
  const std::vector<MapChange> changes = CompareMaps(before, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].source, key.source);
  EXPECT_EQ(changes[0].service, key.target);
  EXPECT_EQ(changes[0].before.count, 100);
  EXPECT_DOUBLE_EQ(changes[0].before.fault_share, 0.2);
  EXPECT_DOUBLE_EQ(changes[0].after.error_share, 0.5);
  EXPECT_EQ(changes[0].before.p95, absl::Milliseconds(10));
  EXPECT_EQ(changes[0].kind, ChangeKind::kFailsMore);
}

}  // namespace
}  // namespace roentgen::query
