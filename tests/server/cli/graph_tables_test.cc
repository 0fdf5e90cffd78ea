// The service map as tables and as a picture.
#include "server/cli/graph_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "server/cli/graph_dot.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

void SetCalls(int64_t ok, int64_t fault, int ms, v1::CallStatistics* calls) {
  calls->set_total_count(ok + fault);
  calls->set_ok_count(ok);
  calls->set_fault_count(fault);
  for (auto* time :
       {calls->mutable_p50(), calls->mutable_p95(), calls->mutable_p99()}) {
    time->set_nanos(ms * 1'000'000);
  }
}

v1::ServiceGraph Graph() {
  v1::ServiceGraph graph;
  v1::GraphNode* pay = graph.add_nodes();
  pay->mutable_service()->set_name("pay");
  pay->mutable_service()->set_type("AWS::ECS::Container");
  SetCalls(90, 10, 20, pay->mutable_calls());
  v1::GraphNode* shop = graph.add_nodes();
  shop->mutable_service()->set_name("shop");
  shop->set_root(true);
  SetCalls(600, 0, 10, shop->mutable_calls());
  v1::GraphEdge* edge = shop->add_edges();
  SetCalls(80, 20, 30, edge->mutable_calls());
  edge->add_aliases()->set_name("pay.internal");
  edge = shop->add_edges();
  edge->set_link(true);
  edge->mutable_calls()->set_total_count(5);
  edge->mutable_calls()->set_ok_count(5);
  v1::GraphNode* client = graph.add_nodes();
  client->mutable_service()->set_name("shop");
  client->mutable_service()->set_type("client");
  edge = client->add_edges();
  edge->set_target(1);
  SetCalls(600, 0, 10, edge->mutable_calls());
  return graph;
}

TEST(GraphTablesTest, EveryNodeHasItsEdgesBelow) {
  EXPECT_EQ("\n" + GraphTable(Graph(), absl::Minutes(1)), R"(
       CALLS      RATE   FAULTS   ERRORS      P50      P95      P99  SERVICE
         100    1.67/s     10 %      0 %    20 ms    20 ms    20 ms  pay (AWS::ECS::Container)
         600      10/s      0 %      0 %    10 ms    10 ms    10 ms  shop, root
         100    1.67/s     20 %      0 %    30 ms    30 ms    30 ms    -> pay (AWS::ECS::Container), as pay.internal
           5  0.0833/s      0 %      0 %        -        -        -    ~> pay (AWS::ECS::Container)
                                                                     shop (client)
         600      10/s      0 %      0 %    10 ms    10 ms    10 ms    -> shop
)");
}

TEST(GraphTablesTest, TopIsInTheOrderThatWasAskedFor) {
  const auto first = [](TopOrder order) {
    const std::string table = TopTable(Graph(), absl::Minutes(1), order, 1);
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2);
    return table.find("pay") != std::string::npos ? "pay" : "shop";
  };
  EXPECT_EQ(first(TopOrder::kTraffic), std::string("shop"));
  EXPECT_EQ(first(TopOrder::kFaults), std::string("pay"));
  EXPECT_EQ(first(TopOrder::kLatency), std::string("pay"));
}

TEST(GraphTablesTest, ChangesAreShownAndTheRestIsCounted) {
  v1::CompareGraphsResponse comparison;
  v1::GraphChange* change = comparison.add_changes();
  change->set_kind(v1::CHANGE_KIND_FAILS_MORE);
  change->mutable_source()->set_name("shop");
  change->mutable_service()->set_name("pay");
  change->mutable_before()->set_total_count(100);
  change->mutable_before()->mutable_p50()->set_nanos(10'000'000);
  change->mutable_after()->set_total_count(200);
  change->mutable_after()->set_fault_share(0.125);
  change->mutable_after()->mutable_p50()->set_nanos(10'000'000);
  comparison.add_changes()->set_kind(v1::CHANGE_KIND_SAME);
  EXPECT_EQ("\n" + ChangeTable(comparison), R"(
CHANGE                 CALLS             FAILING                 P50                 P95  SERVICE
fails more         100 > 200        0 % > 12.5 %               10 ms                   -  shop -> pay
1 others are as they were
)");
}

TEST(GraphDotTest, IsGraphviz) {
  EXPECT_EQ("\n" + GraphDot(Graph(), absl::Minutes(1)), R"(
digraph services {
  rankdir=LR;
  node [shape=box, style="rounded,filled", fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  n0 [label="pay\nAWS::ECS::Container\n1.67/s, 10 % faults, p95 20 ms", fillcolor="#f4b6b0"];
  n1 [label="shop\n10/s, p95 10 ms", fillcolor="#ffffff"];
  n2 [label="shop\nclient", fillcolor="#ffffff", shape=ellipse];
  n1 -> n0 [label="1.67/s, 20 % faults, p95 30 ms"];
  n1 -> n0 [label="0.0833/s", style=dashed];
  n2 -> n1 [label="10/s, p95 10 ms"];
}
)");
}

TEST(GraphDotTest, NamesCannotBreakOut) {
  v1::ServiceGraph graph;
  graph.add_nodes()->mutable_service()->set_name("a\"]; \\N \n{\x1b");
  EXPECT_THAT(GraphDot(graph, absl::ZeroDuration()),
              HasSubstr(R"(n0 [label="a\"]; \\N ?{?", fillcolor)"));
  EXPECT_THAT(GraphTable(graph, absl::ZeroDuration()),
              HasSubstr("  a\"]; \\N ?{?\n"));
}

}  // namespace
}  // namespace roentgen::server
