// EntitySelectorExpression: what it may be, and what it selects.
#include "query/graph/entity_selector.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::query {
namespace {

using storage::GraphFigures;
using storage::ServiceId;
using testing::HasSubstr;

const ServiceId kClient{"shop", "client", ""};
const ServiceId kShop{"shop", "AWS::ECS::Container", "1"};
const ServiceId kPay{"pay", "", ""};
const ServiceId kQueue{"jobs", "AWS::SQS::Queue", ""};

// Calls are told apart by their number.
GraphFigures Graph() {
  GraphFigures graph;
  graph.nodes[kClient];
  graph.nodes[kShop].calls.ok = 1;
  graph.nodes[kPay].calls.fault = 10;
  graph.nodes[kQueue];
  graph.edges[{kClient, kShop, false}].calls.ok = 100;
  graph.edges[{kShop, kPay, false}].calls.error = 1'000;
  graph.edges[{kQueue, kPay, true}].calls.ok = 10'000;
  return graph;
}

TEST(EntitySelectorTest, SelectsNodesAndEdges) {
  const struct {
    const char* text;
    int64_t count;  // 0: nothing.
  } kCases[] = {
      {"service(\"shop\")", 1},
      {"service()", 11},
      {"service(\"pay\")", 10},
      {"service(\"jobs\")", 0},
      {"service(\"none\")", 0},
      {"service(id(name: \"shop\", type: \"client\"))", 0},
      {"service(id(type: \"AWS::ECS::Container\"))", 1},
      {"service(id(account.id: \"1\"))", 1},
      {"id(name: \"pay\")", 10},
      {" id(name: \"shop\", type: \"AWS::ECS::Container\")", 1},
      {"edge(\"shop\", \"shop\")", 100},
      {"edge(\"shop\", \"pay\")", 1'000},
      {"edge(\"pay\", \"shop\")", 0},
      {"edge(id(name: \"jobs\"), \"pay\")", 10'000},
      {"(service(\"shop\"))", 1},
  };
  for (const auto& c : kCases) {
    const auto selector = ParseEntitySelector(c.text);
    ASSERT_TRUE(selector.ok()) << c.text << ": " << selector.status();
    const auto calls = Select(*selector, Graph());
    EXPECT_EQ(calls ? calls->count() : 0, c.count) << c.text;
  }
  EXPECT_EQ(SelectEntries(Graph())->count(), 100);
  EXPECT_EQ(SelectEntries(GraphFigures()), std::nullopt);
}

TEST(EntitySelectorTest, KnowsIds) {
  const auto has_id = [](const char* text) {
    const auto selector = ParseEntitySelector(text);
    EXPECT_TRUE(selector.ok()) << selector.status();
    return selector.ok() && selector->has_id;
  };
  EXPECT_FALSE(has_id("service(\"id\")"));
  EXPECT_TRUE(has_id("service(id(name: \"a\"))"));
  EXPECT_TRUE(has_id("edge(\"a\", id(name: \"b\"))"));
  EXPECT_TRUE(has_id("id(name: \"a\")"));
}

TEST(EntitySelectorTest, RefusesWhateverElseAFilterMayBe) {
  for (const char* text :
       {"fault", "service(\"a\") { fault }", "edge(\"a\", \"b\") { ok }",
        "service(\"a\") AND service(\"b\")", "service(\"a\") service(\"b\")",
        "!service(\"a\")", "group.name = \"a\"", "annotation.a = 1",
        "id(name: \"a\") AND ok"}) {
    const auto selector = ParseEntitySelector(text);
    EXPECT_TRUE(absl::IsInvalidArgument(selector.status())) << text;
    EXPECT_THAT(std::string(selector.status().message()),
                HasSubstr("Error Location: line 1, position "))
        << text;
  }
  EXPECT_EQ(ParseEntitySelector("  fault").status().message(),
            "Error Location: line 1, position 3 : an entity selector is "
            "service(...) or edge(..., ...), without braces, other keywords "
            "and operators");
  for (const char* text : {"", " ", "service(", "id(", "id(name: 1)", "\"a\"",
                           "service(\"a\")) ", "edge(\"a\")"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseEntitySelector(text).status()))
        << text;
  }
}

}  // namespace
}  // namespace roentgen::query
