// Maps and time series against the obvious way: the graph of each stored trace
// that the evaluator accepts. Random traces, expressions, windows and
// operations in between.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "query/graph/entity_selector.h"
#include "query/lang/printer.h"
#include "query/maps/service_graphs.h"
#include "query/search/compiled_filter.h"
#include "query/search/group_tests.h"
#include "storage/memory/memory_settings.h"
#include "tests/query/plan/random_traces.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/expressions.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_graph.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {
namespace {

using storage::GraphFigures;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::GraphText;
using testing_support::RandomExpressions;
using testing_support::RandomTraces;

constexpr int64_t kBase = 1'700'000'000;
constexpr uint64_t kTraces = 40;

GraphFigures FiguresOf(const ServiceMap& map) {
  GraphFigures figures;
  for (const MapNode& node : map.nodes) {
    figures.nodes[node.service] = node.figures;
    for (const MapEdge& edge : node.edges) {
      figures.edges[{node.service, map.nodes[edge.target].service, edge.link}] =
          edge.figures;
    }
  }
  return figures;
}

struct Known {
  uint64_t number = 0;
  storage::Trace trace;
  storage::TraceSummary summary;
};

class GraphDifferentialTest : public testing::TestWithParam<EngineKind> {
 protected:
  GraphDifferentialTest() {
    GroupCatalogOptions options;
    options.random = [this] { return random_(); };
    options.clock = &store_.clock();
    catalog_ = *GroupCatalog::Open(settings_, std::move(options));
    tests_ = std::make_unique<CatalogGroupTests>(*catalog_);
    store_.SetGroups(*tests_);
  }

  // Of the engine as it is: Settle may open another.
  ServiceGraphs Graphs() {
    return {store_.engine(), {.groups = catalog_.get()}};
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Write() {
    std::vector<storage::NewRecord> records;
    std::set<uint64_t> written;
    for (uint64_t n = 1 + Below(12); n > 0; --n) {
      const uint64_t trace = 1 + Below(kTraces);
      written.insert(trace);
      if (Below(3) == 0) {
        records.push_back(testing_support::Record(traces_.Document(trace)));
        continue;
      }
      for (const std::string& document : traces_.Trace(trace)) {
        records.push_back(testing_support::Record(document));
      }
    }
    const absl::Status status =
        WriteAndWait(store_.engine(), std::move(records));
    ASSERT_TRUE(status.ok()) << status;
    // What a trace's group is told by its state after its newest record.
    for (const uint64_t trace : written) {
      in_group_.erase(trace);
      if (Accepts(group_filter_.get(), trace)) in_group_.insert(trace);
    }
  }

  void ChangeGroup() {
    const std::string text = Print(expressions_.Next());
    absl::StatusOr<CompiledFilter> filter = CompileFilter(text, *catalog_);
    ASSERT_TRUE(filter.ok()) << filter.status();
    group_filter_ = std::make_unique<CompiledFilter>(*std::move(filter));
    if (catalog_->List().size() == 1) {
      ASSERT_TRUE(catalog_
                      ->Create({.name = "g",
                                .filter_expression = text,
                                .insights = {},
                                .tags = {}})
                      .ok());
    } else {
      const auto changed =
          catalog_->Update({.name = "g", .arn = {}},
                           {.filter_expression = text, .insights = {}});
      ASSERT_TRUE(changed.ok()) << changed.status();
    }
  }

  std::optional<storage::Trace> Read(uint64_t number) {
    const storage::TraceId id = testing_support::TraceNumber(number);
    const auto all =
        store_.engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(all.ok()) << all.status();
    if (!all.ok() || all->empty()) return std::nullopt;
    auto trace =
        storage::AssembleTrace(all->front(), testing_support::AnyCall());
    EXPECT_TRUE(trace.ok()) << trace.status();
    return *std::move(trace);
  }
  bool Accepts(const CompiledFilter* filter, uint64_t number) {
    const std::optional<storage::Trace> trace = Read(number);
    return trace && filter != nullptr &&
           filter->evaluator.Matches(*trace, storage::Summarize(*trace));
  }

  void ReadAll() {
    known_.clear();
    for (uint64_t number = 1; number <= kTraces; ++number) {
      std::optional<storage::Trace> trace = Read(number);
      if (!trace) continue;
      storage::TraceSummary summary = storage::Summarize(*trace);
      known_.push_back({number, *std::move(trace), std::move(summary)});
    }
  }

  // Of the traces that `accept` takes.
  template <typename Accept>
  GraphFigures Expected(const MapWindow& window, Accept accept) const {
    storage::GraphPeriods periods;
    const storage::GraphWindow seconds({window.start, window.end}, {});
    for (const Known& known : known_) {
      if (!accept(known)) continue;
      storage::AddTraceGraph(known.trace, {}, seconds, 1, periods);
    }
    return periods.empty() ? GraphFigures() : periods.begin()->second;
  }

  MapWindow RandomWindow() {
    const auto begin = static_cast<int64_t>(Below(100));
    const auto length = static_cast<int64_t>(Below(400));
    return {.start = Timestamp::FromSeconds(kBase - 20 + begin),
            .end = Timestamp::FromSeconds(kBase - 20 + begin + length)};
  }

  void CheckFilter() {
    const std::string text = Print(expressions_.Next());
    const absl::StatusOr<CompiledFilter> filter =
        CompileFilter(text, *catalog_);
    ASSERT_TRUE(filter.ok()) << filter.status();
    ServiceGraphRequest request;
    request.window = RandomWindow();
    request.filter_expression = text;
    const auto got = Graphs().Graph(request, testing_support::AnyCall());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(GraphText(FiguresOf(got->map)),
              GraphText(Expected(request.window,
                                 [&](const Known& known) {
                                   return filter->evaluator.Matches(
                                       known.trace, known.summary);
                                 })))
        << text;
  }

  void CheckGroup() {
    ServiceGraphRequest request;
    request.window = RandomWindow();
    request.group.name = "g";
    const auto got = Graphs().Graph(request, testing_support::AnyCall());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(GraphText(FiguresOf(got->map)),
              GraphText(Expected(request.window, [&](const Known& known) {
                return in_group_.contains(known.number);
              })));
  }

  // Each point is what a graph of its period says.
  void CheckSeries() {
    TimeSeriesRequest request;
    const MapWindow window = RandomWindow();
    request.start = window.start;
    request.end = window.end;
    if (Below(2) == 0) request.selector = "service()";
    const auto got = Graphs().TimeSeries(request, testing_support::AnyCall());
    ASSERT_TRUE(got.ok()) << got.status();
    for (const TimeSeriesPoint& point : got->points) {
      const GraphFigures expected =
          Expected({.start = point.end - absl::Minutes(1), .end = point.end},
                   [](const Known&) { return true; });
      const auto calls =
          request.selector.empty()
              ? SelectEntries(expected)
              : Select(*ParseEntitySelector(request.selector), expected);
      EXPECT_EQ(point.calls, calls);
    }
  }

  const uint64_t seed_ = testing_support::RunSeed(20'261'124);
  std::mt19937_64 random_{seed_};
  RandomTraces traces_{seed_, {.start = static_cast<double>(kBase)}};
  RandomExpressions expressions_{seed_};
  // The engine asks for groups until it is gone.
  storage::MemorySettings settings_;
  std::unique_ptr<GroupCatalog> catalog_;
  std::unique_ptr<CatalogGroupTests> tests_;
  EngineUnderTest store_{GetParam(), Timestamp::FromSeconds(kBase + 100)};
  std::unique_ptr<CompiledFilter> group_filter_;
  std::set<uint64_t> in_group_;
  std::vector<Known> known_;
};

TEST_P(GraphDifferentialTest, EveryMapIsThatOfItsTraces) {
  ChangeGroup();
  for (int round = 0; round < 12; ++round) {
    store_.clock().Advance(absl::Seconds(1));
    if (Below(4) == 0) ChangeGroup();
    store_.clock().Advance(absl::Seconds(1));
    for (int i = 0; i < 4; ++i) Write();
    if (Below(4) == 0) store_.Settle();
    ReadAll();
    ASSERT_FALSE(known_.empty());
    CheckFilter();
    CheckGroup();
    CheckSeries();
    if (HasFailure()) FAIL() << "in round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, GraphDifferentialTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
