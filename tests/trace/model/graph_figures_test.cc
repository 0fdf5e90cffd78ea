#include "trace/model/graph_figures.h"

#include "gtest/gtest.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {
namespace {

ServiceId Named(const char* name) {
  return {.name = name, .type = "t", .account_id = {}};
}

GraphFigures Small() {
  GraphFigures figures;
  NodeFigures& shop = figures.nodes[Named("shop")];
  shop.calls.ok = 2;
  shop.calls.total_ns = 7;
  shop.calls.response_times.AddToBin(5, 2);
  shop.durations.AddToBin(6, 2);
  shop.roots = 1;
  shop.activity[1'700'000'000] = 2;
  figures.nodes[Named("pay")];
  EdgeFigures& edge =
      figures.edges[{.source = Named("shop"), .target = Named("pay")}];
  edge.calls.fault = 1;
  edge.calls.response_times.AddToBin(9);
  edge.aliases[{.name = "pay.test", .type = "remote"}] = 1;
  edge.ages.AddToBin(1);
  return figures;
}

TEST(GraphFiguresTest, WhatIsTakenAwayAgainLeavesNothing) {
  GraphFigures figures;
  AddFigures(Small(), 1, figures);
  EXPECT_EQ(figures, Small());
  AddFigures(Small(), 1, figures);
  AddFigures(Small(), -1, figures);
  DropEmpty(figures);
  EXPECT_EQ(figures, Small());
  AddFigures(Small(), -1, figures);
  DropEmpty(figures);
  EXPECT_EQ(figures, GraphFigures());
}

TEST(GraphFiguresTest, NodesAtAnEdgeStayWithoutFiguresOfTheirOwn) {
  GraphFigures figures = Small();
  GraphFigures nodes;
  nodes.nodes = figures.nodes;
  AddFigures(nodes, -1, figures);
  DropEmpty(figures);
  EXPECT_EQ(figures.nodes.size(), 2u);
  EXPECT_EQ(figures.edges.size(), 1u);
  EXPECT_TRUE(figures.nodes[Named("shop")].activity.empty());
  figures.edges.clear();
  DropEmpty(figures);
  EXPECT_TRUE(figures.nodes.empty());
}

TEST(GraphFiguresTest, EqualSumsOfOtherTimesAreNotNothing) {
  GraphFigures figures;
  NodeFigures& node = figures.nodes[Named("shop")];
  node.calls.response_times.AddToBin(5, 1);
  node.calls.response_times.AddToBin(6, -1);
  DropEmpty(figures);
  EXPECT_EQ(figures.nodes.size(), 1u);
}

TEST(GraphFiguresTest, SumsWrapAround) {
  CallFigures a, b;
  a.total_ns = b.total_ns = INT64_MAX;
  AddFigures(a, 1, b);
  AddFigures(a, -1, b);
  EXPECT_EQ(b.total_ns, INT64_MAX);
}

TEST(GraphWindowTest, SecondsAreWholeAndPeriodsCountFromTheEpoch) {
  EXPECT_EQ(SecondOf({-1}), -1);
  EXPECT_EQ(SecondOf({0}), 0);
  EXPECT_EQ(SecondOf({1'999'999'999}), 1);
  EXPECT_EQ(SecondOf({-1'000'000'000}), -1);
  const GraphWindow window(
      {Timestamp::FromSeconds(100), Timestamp::FromSeconds(200)},
      absl::Minutes(1));
  EXPECT_FALSE(window.Contains(99));
  EXPECT_TRUE(window.Contains(100));
  EXPECT_TRUE(window.Contains(199));
  EXPECT_FALSE(window.Contains(200));
  EXPECT_EQ(window.PeriodOf(119), 60);
  EXPECT_EQ(window.PeriodOf(120), 120);
  EXPECT_EQ(window.PeriodOf(-1), -60);
  EXPECT_EQ(window.PeriodOf(-60), -60);
}

TEST(GraphWindowTest, AnyRangeMakesAWindow) {
  const GraphWindow all(TimeRange(), absl::ZeroDuration());
  EXPECT_TRUE(all.Contains(SecondOf(Timestamp::Min())));
  EXPECT_TRUE(all.Contains(SecondOf(Timestamp::Max())));
  EXPECT_EQ(all.PeriodOf(7), all.begin());
  const GraphWindow long_periods(TimeRange(), absl::InfiniteDuration());
  EXPECT_EQ(long_periods.PeriodOf(7), 0);
  EXPECT_LT(long_periods.PeriodOf(-7), 0);
  const GraphWindow parts({{1'500'000'000}, {3'500'000'000}},
                          absl::ZeroDuration());
  EXPECT_FALSE(parts.Contains(1));
  EXPECT_TRUE(parts.Contains(2));
  EXPECT_FALSE(parts.Contains(3));
}

}  // namespace
}  // namespace roentgen::storage
