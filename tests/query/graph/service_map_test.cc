// Figures -> what clients see.
#include "query/graph/service_map.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace roentgen::query {
namespace {

using storage::GraphFigures;
using storage::ServiceId;

ServiceId Service(const std::string& name, const std::string& type) {
  return {.name = name, .type = type, .account_id = {}};
}

// `count` calls, of which `inferred` were seen by the caller only.
void AddNode(GraphFigures& figures, const ServiceId& service, int64_t count,
             int64_t inferred, int64_t second) {
  storage::NodeFigures& node = figures.nodes[service];
  node.calls.ok += count;
  node.inferred += inferred;
  node.activity[second] += count;
}

TEST(ServiceMapTest, NumbersNodesByNameTypeAndAccount) {
  GraphFigures figures;
  const ServiceId client = Service("shop", "client");
  const ServiceId shop = Service("shop", "AWS::ECS::Container");
  const ServiceId pricing = Service("pricing", "AWS::EC2::Instance");
  AddNode(figures, shop, 1, 0, 1000);
  figures.nodes[shop].roots = 1;
  AddNode(figures, pricing, 1, 0, 999);
  figures.nodes[client].activity[1000] = 1;
  figures.edges[{client, shop, false}].calls.ok = 1;
  figures.edges[{shop, pricing, false}].calls.fault = 1;
  figures.edges[{shop, pricing, true}].calls.ok = 1;

  const ServiceMap map = BuildServiceMap(std::move(figures), MapTimes::kShown);
  ASSERT_EQ(map.nodes.size(), 3u);
  EXPECT_EQ(map.nodes[0].service, pricing);
  EXPECT_EQ(map.nodes[1].service, shop);
  EXPECT_EQ(map.nodes[2].service, client);
  EXPECT_FALSE(map.nodes[0].root);
  EXPECT_TRUE(map.nodes[1].root);
  EXPECT_TRUE(map.nodes[2].client);
  EXPECT_TRUE(map.nodes[0].edges.empty());
  ASSERT_EQ(map.nodes[1].edges.size(), 2u);
  EXPECT_EQ(map.nodes[1].edges[0].target, 0u);
  EXPECT_FALSE(map.nodes[1].edges[0].link);
  EXPECT_EQ(map.nodes[1].edges[0].figures.calls.fault, 1);
  EXPECT_TRUE(map.nodes[1].edges[1].link);
  ASSERT_EQ(map.nodes[2].edges.size(), 1u);
  EXPECT_EQ(map.nodes[2].edges[0].target, 1u);
}

TEST(ServiceMapTest, StateFollowsWhatWasSeen) {
  const struct {
    const char* type;
    int64_t count;
    int64_t inferred;
    const char* state;
  } kCases[] = {
      {"", 1, 0, "active"},
      {"AWS::EC2::Instance", 5, 0, "active"},
      {"client", 0, 0, "unknown"},
      {"remote", 2, 2, "passive"},
      {"Database::SQL", 2, 2, "passive"},
      {"AWS::DynamoDB::Table", 2, 2, "unknown"},
      // Some of it sent segments.
      {"AWS::Lambda", 3, 2, "active"},
      // Called, or calling, at another time.
      {"remote", 0, 0, "passive"},
      {"", 0, 0, "active"},
  };
  for (const auto& c : kCases) {
    GraphFigures figures;
    AddNode(figures, Service("a", c.type), c.count, c.inferred, 7);
    const ServiceMap map =
        BuildServiceMap(std::move(figures), MapTimes::kShown);
    EXPECT_EQ(NameOf(map.nodes[0].state), c.state)
        << c.type << ' ' << c.count << ' ' << c.inferred;
  }
}

TEST(ServiceMapTest, TimesAreFirstSecondAndTheOneAfterTheLast) {
  GraphFigures figures;
  AddNode(figures, Service("a", ""), 1, 0, 1010);
  AddNode(figures, Service("a", ""), 1, 0, 1005);
  AddNode(figures, Service("b", ""), 1, 0, 1020);
  // Called only, its own end is elsewhere.
  figures.edges[{Service("c", ""), Service("b", ""), false}].calls.ok = 1;
  const ServiceMap map = BuildServiceMap(figures, MapTimes::kShown);
  const auto range = [](int64_t begin, int64_t end) {
    return TimeRange{Timestamp::FromSeconds(begin),
                     Timestamp::FromSeconds(end)};
  };
  ASSERT_EQ(map.nodes.size(), 3u);
  EXPECT_EQ(map.nodes[0].times, range(1005, 1011));
  EXPECT_EQ(map.nodes[1].times, range(1020, 1021));
  EXPECT_EQ(map.nodes[2].times, range(1005, 1021));
  EXPECT_EQ(map.times, range(1005, 1021));

  const ServiceMap hidden = BuildServiceMap(figures, MapTimes::kHidden);
  EXPECT_EQ(hidden.times, std::nullopt);
  EXPECT_EQ(hidden.nodes[0].times, std::nullopt);
}

TEST(ServiceMapTest, AnEmptyMapHasNoTimes) {
  const ServiceMap map = BuildServiceMap({}, MapTimes::kShown);
  EXPECT_TRUE(map.nodes.empty());
  EXPECT_EQ(map.times, std::nullopt);
}

}  // namespace
}  // namespace roentgen::query
