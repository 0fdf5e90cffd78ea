// What an answer says a node or a cause is, put into a filter, selects exactly
// that: for random traces, on every engine.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json_writer.h"
#include "gtest/gtest.h"
#include "query/maps/service_graphs.h"
#include "query/search/summary_search.h"
#include "server/xray/xray_response.h"
#include "simdjson.h"
#include "tests/query/plan/random_traces.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"

namespace roentgen::server {
namespace {

namespace dom = simdjson::dom;
using storage::ServiceId;
using storage::TraceId;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

constexpr int64_t kBase = 1'700'000'000;

using Traces = std::set<TraceId>;

// The id() of the members that `Name`, `Type` and `AccountId` of an answer are.
std::string IdOf(const ServiceId& service) {
  std::string text = "id(name: ";
  AppendJsonString(text, service.name);
  text += ", type: ";
  AppendJsonString(text, service.type);
  text += ", account.id: ";
  AppendJsonString(text, service.account_id);
  return text + ")";
}

class IdentityRoundTripTest : public testing::TestWithParam<EngineKind> {
 protected:
  IdentityRoundTripTest() : store_(GetParam(), Timestamp::FromSeconds(kBase)) {
    const char* text = std::getenv("ROENTGEN_SEED");
    seed_ = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'130;
  }

  std::vector<query::TraceSummariesPage> Pages(const std::string& filter) {
    query::SummarySearch search(store_.engine(), {});
    query::TraceSummariesRequest request{
        .start = Timestamp::FromSeconds(kBase - 300),
        .end = Timestamp::FromSeconds(kBase + 300),
        .filter_expression = filter};
    std::vector<query::TraceSummariesPage> pages;
    do {
      auto page = search.Page(request, testing_support::AnyCall());
      EXPECT_TRUE(page.ok()) << page.status() << " " << filter;
      if (!page.ok()) break;
      request.next_token = page->next_token;
      pages.push_back(*std::move(page));
    } while (!request.next_token.empty());
    return pages;
  }

  Traces Found(const std::string& filter) {
    Traces found;
    for (const query::TraceSummariesPage& page : Pages(filter)) {
      for (const auto& summary : page.summaries) found.insert(summary.id);
    }
    return found;
  }

  EngineUnderTest store_;
  uint64_t seed_ = 0;
};

TEST_P(IdentityRoundTripTest, OfRandomTraces) {
  SCOPED_TRACE("ROENTGEN_SEED=" + std::to_string(seed_));
  testing_support::RandomTraces random(seed_, {.start = double(kBase)});
  std::vector<storage::NewRecord> records;
  for (uint64_t trace = 1; trace <= 60; ++trace) {
    for (const std::string& document : random.Trace(trace)) {
      records.push_back(testing_support::Record(document));
    }
  }
  for (uint64_t trace = 61; trace <= 70; ++trace) {
    records.push_back(testing_support::Record(testing_support::SpanSpec{
        .trace = trace,
        .kind = trace % 6,
        .start = double(kBase),
        .status = 2 * (trace % 2),
        .attributes = {{"peer.service", "stock"}, {"db.system", "mysql"}}}));
  }
  ASSERT_TRUE(storage::WriteAndWait(store_.engine(), std::move(records)).ok());
  store_.Settle();

  std::map<ServiceId, Traces> with_service;
  dom::parser parser;
  size_t causes = 0;
  for (const query::TraceSummariesPage& page : Pages("")) {
    for (const auto& summary : page.summaries) {
      for (const ServiceId& service : summary.service_ids) {
        with_service[service].insert(summary.id);
      }
    }
    const std::string answer = EncodeGetTraceSummaries(page);
    dom::element json;
    ASSERT_FALSE(parser.parse(answer).get(json));
    for (dom::element summary : dom::array(json["TraceSummaries"])) {
      const auto id =
          TraceId::ParseXray(std::string_view(summary["Id"])).value();
      for (const char* kind :
           {"ResponseTimeRootCauses", "FaultRootCauses", "ErrorRootCauses"}) {
        for (dom::element cause : dom::array(summary[kind])) {
          ++causes;
          const std::string filter =
              "rootcause.json = #[" + simdjson::to_string(cause) + "]";
          EXPECT_TRUE(Found(filter).contains(id)) << filter;
        }
      }
    }
  }
  EXPECT_GT(causes, 0u);
  size_t nameless = 0;
  for (const auto& [service, traces] : with_service) {
    nameless += service.type.empty() ? 1 : 0;
    EXPECT_EQ(Found("service(" + IdOf(service) + ")"), traces) << IdOf(service);
  }
  EXPECT_GT(nameless, 0u);

  query::ServiceGraphs graphs(store_.engine(), {});
  const auto graph =
      graphs.Graph({.window = {.start = Timestamp::FromSeconds(kBase - 300),
                               .end = Timestamp::FromSeconds(kBase + 300)}},
                   testing_support::AnyCall());
  ASSERT_TRUE(graph.ok()) << graph.status();
  for (const query::MapNode& node : graph->map.nodes) {
    for (const query::MapEdge& edge : node.edges) {
      if (edge.link) continue;
      const std::string selector = "edge(" + IdOf(node.service) + ", " +
                                   IdOf(graph->map.nodes[edge.target].service) +
                                   ")";
      EXPECT_FALSE(Found(selector).empty()) << selector;
      const auto series =
          graphs.TimeSeries({.start = Timestamp::FromSeconds(kBase - 300),
                             .end = Timestamp::FromSeconds(kBase + 300),
                             .selector = selector},
                            testing_support::AnyCall());
      ASSERT_TRUE(series.ok()) << series.status();
      int64_t count = 0;
      for (const query::TimeSeriesPoint& point : series->points) {
        if (point.calls) count += point.calls->count();
      }
      EXPECT_EQ(count, edge.figures.calls.count()) << selector;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, IdentityRoundTripTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::server
