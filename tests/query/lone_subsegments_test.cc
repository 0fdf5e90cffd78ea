// Subsegments whose segment never comes: what a search finds is shown, by id
// and on the map, until the parent comes; left out where AWS's own way is
// wanted.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/maps/service_graphs.h"
#include "query/search/trace_searches.h"
#include "query/traces/trace_queries.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"

namespace roentgen::query {
namespace {

using testing::IsEmpty;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

constexpr int64_t kBase = 1'700'000'000;
const char kTrace[] = "1-6553f100-000000000000000000000001";

std::string Document(const std::string& id, const std::string& name,
                     const std::string& more) {
  return R"({"trace_id":")" + std::string(kTrace) + R"(","id":")" + id +
         R"(","name":")" + name +
         R"(","start_time":1700000000.5,"end_time":1700000001)" + more + "}";
}

const std::string kHandler =
    Document("00000000000000b1", "## handler",
             R"(,"type":"subsegment","parent_id":"00000000000000a1",)"
             R"("annotations":{"tenant":"t1"},"subsegments":[{"id":)"
             R"("00000000000000c1","name":"DynamoDB","namespace":"aws",)"
             R"("start_time":1700000000.6,"end_time":1700000000.7,)"
             R"("aws":{"operation":"GetItem","table_name":"carts"}}])");
const std::string kSegment = Document("00000000000000a1", "shop", "");

class LoneSubsegmentsTest : public testing::TestWithParam<EngineKind> {
 protected:
  void Open(bool lone_subsegments) {
    storage::RocksEngineOptions options;
    options.rules = {.lone_subsegments = lone_subsegments};
    store_ = std::make_unique<EngineUnderTest>(
        GetParam(), Timestamp::FromSeconds(kBase), options);
  }

  void Put(const std::string& document) {
    std::vector<storage::NewRecord> records;
    records.push_back(testing_support::Record(document));
    ASSERT_TRUE(
        storage::WriteAndWait(store_->engine(), std::move(records)).ok());
    store_->Settle();
  }

  std::vector<TraceSegment> Segments() {
    TraceQueries queries(store_->engine(), {});
    const std::string id = kTrace;
    auto page =
        queries.BatchGetTraces({&id, 1}, "", testing_support::AnyCall());
    EXPECT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->traces.size(), 1u);
    return page->traces.empty() ? std::vector<TraceSegment>()
                                : std::move(page->traces[0].segments);
  }

  size_t Found(const std::string& filter, storage::TimeRangeType type) {
    const TraceSearches searches(store_->engine(), {});
    const auto page =
        searches.summaries().Page({.start = Timestamp::FromSeconds(kBase - 60),
                                   .end = Timestamp::FromSeconds(kBase + 60),
                                   .time_type = type,
                                   .filter_expression = filter},
                                  testing_support::AnyCall());
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->summaries.size() : 0;
  }

  std::vector<std::string> Nodes() {
    ServiceGraphs graphs(store_->engine(), {});
    const auto graph =
        graphs.Graph({.window = {.start = Timestamp::FromSeconds(kBase - 60),
                                 .end = Timestamp::FromSeconds(kBase + 60)}},
                     testing_support::AnyCall());
    EXPECT_TRUE(graph.ok()) << graph.status();
    std::vector<std::string> names;
    for (const MapNode& node : graph->map.nodes) {
      if (!IsClient(node.service)) names.push_back(node.service.name);
    }
    return names;
  }

  std::unique_ptr<EngineUnderTest> store_;
};

TEST_P(LoneSubsegmentsTest, WhatIsFoundIsShownUntilTheParentComes) {
  Open(true);
  Put(kHandler);
  for (const auto type :
       {storage::TimeRangeType::kTraceId, storage::TimeRangeType::kEvent,
        storage::TimeRangeType::kService}) {
    EXPECT_EQ(Found("annotation.tenant = \"t1\"", type), 1u);
  }
  EXPECT_EQ(Found("partial", storage::TimeRangeType::kTraceId), 1u);
  EXPECT_EQ(Found("service(\"## handler\")", storage::TimeRangeType::kTraceId),
            1u);
  std::vector<TraceSegment> segments = Segments();
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_THAT(segments[0].document,
              testing::AllOf(testing::HasSubstr("\"type\":\"subsegment\""),
                             testing::HasSubstr("\"parent_id\":")));
  EXPECT_THAT(segments[1].document, testing::HasSubstr("\"inferred\":true"));
  EXPECT_THAT(Nodes(), testing::UnorderedElementsAre("## handler", "carts"));

  Put(kSegment);
  segments = Segments();
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_THAT(segments[0].document, testing::HasSubstr("## handler"));
  EXPECT_THAT(Nodes(), testing::UnorderedElementsAre("shop", "carts"));
  EXPECT_EQ(Found("partial", storage::TimeRangeType::kTraceId), 0u);
  EXPECT_EQ(Found("service(\"## handler\")", storage::TimeRangeType::kTraceId),
            0u);
}

// One that misses its parent beside a segment that does not.
TEST_P(LoneSubsegmentsTest, ASegmentIsTheRootEvenWhenItBeginsLater) {
  Open(true);
  Put(kHandler);
  Put(R"({"trace_id":")" + std::string(kTrace) +
      R"(","id":"00000000000000d1","name":"late","start_time":1700000002,)"
      R"("end_time":1700000003})");
  EXPECT_EQ(Segments().size(), 3u);
  const TraceSearches searches(store_->engine(), {});
  const auto page =
      searches.summaries().Page({.start = Timestamp::FromSeconds(kBase - 60),
                                 .end = Timestamp::FromSeconds(kBase + 60)},
                                testing_support::AnyCall());
  ASSERT_TRUE(page.ok() && page->summaries.size() == 1);
  EXPECT_EQ(page->summaries[0].entry_point->name, "late");
}

TEST_P(LoneSubsegmentsTest, AwsLeavesThemOut) {
  Open(false);
  Put(kHandler);
  EXPECT_EQ(
      Found("annotation.tenant = \"t1\"", storage::TimeRangeType::kTraceId),
      1u);
  EXPECT_THAT(Segments(), IsEmpty());
  EXPECT_THAT(Nodes(), IsEmpty());
  Put(kSegment);
  EXPECT_EQ(Segments().size(), 2u);
  EXPECT_THAT(Nodes(), testing::UnorderedElementsAre("shop", "carts"));
}

INSTANTIATE_TEST_SUITE_P(Engines, LoneSubsegmentsTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
