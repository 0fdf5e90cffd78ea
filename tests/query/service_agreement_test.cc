// The lists of services, the map, filters, statistics and dependencies agree
// about which services there are: for the captured load, and for random traces
// of spans of every kind in every place.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "query/maps/service_graphs.h"
#include "query/search/summary_search.h"
#include "query/spans/span_search.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/span_builder.h"
#include "tests/support/span_load.h"
#include "tests/support/spans.h"
#include "trace/document/name_rules.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"

namespace roentgen::query {
namespace {

using storage::ServiceId;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::SpanSpec;

using Names = std::set<std::string>;

constexpr int64_t kBase = 1'700'000'000;

std::string IdOf(const ServiceId& service) {
  return "id(name: \"" + service.name + "\", type: \"" + service.type +
         "\", account.id: \"" + service.account_id + "\")";
}

class ServiceAgreementTest : public testing::TestWithParam<EngineKind> {
 protected:
  ServiceAgreementTest() : store_(GetParam(), Timestamp::FromSeconds(kBase)) {}

  void Write(std::vector<storage::NewRecord> records) {
    const absl::Status status =
        WriteAndWait(store_.engine(), std::move(records));
    ASSERT_TRUE(status.ok()) << status;
  }

  Timestamp first() const { return Timestamp::FromSeconds(begin_); }
  Timestamp last() const { return Timestamp::FromSeconds(end_); }

  // As Jaeger and Zipkin list them, in the form that names have on the map.
  Names Listed() {
    const SpanSearch search(store_.engine());
    const auto services = search.Services(testing_support::AnyCall());
    EXPECT_TRUE(services.ok()) << services.status();
    Names names;
    for (const std::string& name : *services) {
      names.insert(storage::NormalizeName(name));
    }
    return names;
  }

  ServiceMap Map() {
    ServiceGraphs graphs(store_.engine(), {});
    auto graph = graphs.Graph({.window = {.start = first(), .end = last()}},
                              testing_support::AnyCall());
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? std::move(graph->map) : ServiceMap();
  }

  // Nodes that sent data themselves.
  static std::map<ServiceId, int64_t> OwnNodes(const ServiceMap& map) {
    std::map<ServiceId, int64_t> nodes;
    for (const MapNode& node : map.nodes) {
      const int64_t own = node.figures.calls.count() - node.figures.inferred;
      if (own > 0) nodes[node.service] = own;
    }
    return nodes;
  }

  size_t Found(const std::string& filter) {
    SummarySearch search(store_.engine(), {});
    size_t found = 0;
    TraceSummariesRequest request{
        .start = first(), .end = last(), .filter_expression = filter};
    do {
      const auto page = search.Page(request, testing_support::AnyCall());
      EXPECT_TRUE(page.ok()) << page.status() << " " << filter;
      if (!page.ok()) return 0;
      found += page->summaries.size();
      request.next_token = page->next_token;
    } while (!request.next_token.empty());
    return found;
  }

  int64_t Counted(const std::string& selector) {
    ServiceGraphs graphs(store_.engine(), {});
    const auto series = graphs.TimeSeries(
        {.start = first(), .end = last(), .selector = selector},
        testing_support::AnyCall());
    EXPECT_TRUE(series.ok()) << series.status();
    int64_t count = 0;
    if (!series.ok()) return count;
    for (const TimeSeriesPoint& point : series->points) {
      if (point.calls) count += point.calls->count();
    }
    return count;
  }

  void Check() {
    const Names listed = Listed();
    const ServiceMap map = Map();
    const std::map<ServiceId, int64_t> own = OwnNodes(map);
    Names on_map;
    for (const auto& [service, count] : own) on_map.insert(service.name);
    EXPECT_EQ(on_map, listed);
    for (const auto& [service, count] : own) {
      EXPECT_GT(Found("service(" + IdOf(service) + ")"), 0u) << IdOf(service);
    }
    for (const MapNode& node : map.nodes) {
      EXPECT_EQ(Counted("service(" + IdOf(node.service) + ")"),
                node.figures.calls.count())
          << IdOf(node.service);
    }
    const auto calls =
        store_.engine().Calls({first(), last()}, storage::CallSet::kSpans,
                              testing_support::AnyCall());
    ASSERT_TRUE(calls.ok()) << calls.status();
    for (const auto& [pair, count] : *calls) {
      EXPECT_TRUE(listed.contains(storage::NormalizeName(pair.first)));
      EXPECT_TRUE(listed.contains(storage::NormalizeName(pair.second)));
    }
  }

  EngineUnderTest store_;
  int64_t begin_ = kBase - 300;
  int64_t end_ = kBase + 300;
};

// Spans of a few services, each in any place: a root, below a span of the same
// service or of another, below one that never came, in a circle; some traces
// have segment documents among them.
class RandomServices {
 public:
  explicit RandomServices(uint64_t seed) : random_(seed) {}

  std::vector<storage::NewRecord> Trace(uint64_t number) {
    std::vector<storage::NewRecord> records;
    const uint64_t spans = 1 + Below(8);
    const bool with_segment = Below(3) == 0;
    if (with_segment)
      records.push_back(testing_support::Record(Segment(number)));
    for (uint64_t id = 1; id <= spans; ++id) {
      records.push_back(testing_support::Record(Span(number, id, spans)));
    }
    return records;
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  std::string Service() { return "service-" + std::to_string(Below(12)); }

  SpanSpec Span(uint64_t trace, uint64_t id, uint64_t spans) {
    SpanSpec spec{.trace = trace,
                  .id = id,
                  .name = "op-" + std::to_string(Below(50)),
                  .kind = Below(6),
                  .start = double(kBase) + double(Below(100)) / 10,
                  .seconds = double(Below(20)) / 10,
                  .service = Service()};
    switch (Below(5)) {
      case 0:
        break;  // A root.
      case 1:
        spec.parent = 0xdead + Below(3);  // Never came.
        break;
      case 2:
        spec.parent = kSegment + Below(3);  // Maybe of a document.
        break;
      default:
        spec.parent = 1 + Below(spans);
    }
    if (Below(3) == 0) spec.attributes.push_back({"peer.service", "peer"});
    if (Below(4) == 0) spec.attributes.push_back({"db.name", "orders"});
    if (Below(4) == 0) spec.attributes.push_back({"server.address", "db-1"});
    return spec;
  }

  // A segment with a call, and a local subsegment.
  std::string Segment(uint64_t trace) {
    const auto entity = [](uint64_t id, const std::string& name) {
      return "\"id\":\"" + storage::EntityId{id}.ToString() + "\",\"name\":\"" +
             name + "\",\"start_time\":" + std::to_string(kBase) +
             ",\"end_time\":" + std::to_string(kBase + 1);
    };
    return "{" + entity(kSegment, Service()) + ",\"trace_id\":\"" +
           testing_support::TraceNumber(trace).ToString() +
           "\",\"subsegments\":[{" + entity(kSegment + 1, "there") +
           ",\"namespace\":\"remote\"},{" + entity(kSegment + 2, "work") +
           "}]}";
  }

  static constexpr uint64_t kSegment = 0x1000;
  std::mt19937_64 random_;
};

TEST_P(ServiceAgreementTest, OfSpansOfEveryKindInEveryPlace) {
  const char* text = std::getenv("ROENTGEN_SEED");
  const uint64_t seed =
      text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'130;
  SCOPED_TRACE("ROENTGEN_SEED=" + std::to_string(seed));
  RandomServices random(seed);
  for (uint64_t trace = 1; trace <= 300; ++trace) Write(random.Trace(trace));
  store_.Settle();
  Check();
}

// A child that came before its parent is a segment until it comes.
TEST_P(ServiceAgreementTest, AlsoWhenParentsComeLate) {
  const SpanSpec child{.id = 2, .parent = 1, .kind = 1, .service = "shop"};
  Write({testing_support::Record(child)});
  store_.Settle();
  EXPECT_EQ(OwnNodes(Map()).size(), 1u);
  Check();
  Write({testing_support::Record(
      SpanSpec{.id = 1, .kind = 1, .service = "batch"})});
  store_.Settle();
  Check();
  EXPECT_EQ(OwnNodes(Map()).size(), 2u);
  Write({testing_support::Record(SpanSpec{.trace = 2, .id = 2, .parent = 1})});
  Write({testing_support::Record(SpanSpec{.trace = 2, .id = 1})});
  store_.Settle();
  Check();
}

TEST_P(ServiceAgreementTest, OfTheCapturedLoad) {
  const std::vector<std::string> requests = testing_support::CapturedRequests();
  if (requests.empty()) {
    GTEST_SKIP() << "no captured load: ROENTGEN_SHARED_DATA names no folder";
  }
  std::vector<storage::StoredRecord> spans;
  for (const std::string& request : requests) {
    ASSERT_TRUE(testing_support::AppendSpans(
        request, storage::EncodeSpanProfile(storage::SpanProfile()), spans));
  }
  int64_t first_ns = INT64_MAX, last_ns = 0;
  std::vector<storage::NewRecord> records;
  for (storage::StoredRecord& span : spans) {
    storage::SpanView view;
    ASSERT_TRUE(storage::ReadSpan(span.document, view));
    first_ns = std::min(first_ns, int64_t(view.start_ns));
    last_ns = std::max(last_ns, int64_t(view.end_ns));
    records.push_back(testing_support::AsNewRecord(std::move(span)));
  }
  // Time series have no periods that are not over.
  begin_ = first_ns / 1'000'000'000 - 120;
  end_ = last_ns / 1'000'000'000 + 120;
  Write(std::move(records));
  store_.Settle();
  Check();
  const Names listed = Listed();
  for (const char* service : {"accounting", "load-generator", "frontend-web"}) {
    EXPECT_TRUE(listed.contains(service)) << service;
  }
  Names nodes;
  for (const MapNode& node : Map().nodes) nodes.insert(node.service.name);
  for (const char* span : {"GET", "POST", "HTTP GET", "click", "orders receive",
                           "dns.lookup", "router frontend egress"}) {
    EXPECT_FALSE(nodes.contains(span)) << span;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, ServiceAgreementTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
