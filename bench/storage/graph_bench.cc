// What the service map costs: adding up columns, making roll-ups of them,
// merging these, and reading a month of hours.
//
//   bazel run --config=opt //bench/storage:graph_bench
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call.h"
#include "bench/support/segment_generator.h"
#include "benchmark/benchmark.h"
#include "storage/index/column_graph.h"
#include "storage/index/index_columns.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"
#include "trace/graph/roll_up.h"

namespace roentgen::storage {
namespace {

constexpr int64_t kStartUs = 1'700'006'400'000'000;
constexpr size_t kSegmentsPerBatch = 16'384;

// Traces of a sealed batch: about ten minutes of 10 million segments a day.
struct Batch {
  IndexColumns columns;
  uint32_t traces = 0;
  size_t segments = 0;
  size_t rows = 0;  // Of nodes and edges.
};

std::unique_ptr<Batch> MakeBatch(uint64_t seed, int64_t start_us) {
  auto batch = std::make_unique<Batch>();
  bench::SegmentGenerator generator(seed);
  DocumentParser parser;
  SegmentDocument document;
  while (batch->segments < kSegmentsPerBatch) {
    TraceRecords records;
    for (std::string& text : generator.Trace(start_us)) {
      if (parser.Parse(text, document)) continue;
      records.trace_id = document.trace_id;
      records.records.push_back({.sequence = {1, 0},
                                 .received = {start_us * 1'000},
                                 .document = std::move(text)});
      ++batch->segments;
    }
    const auto trace = AssembleTrace(records, UnattendedCall());
    if (!trace.ok()) continue;
    batch->columns.Add(*trace, {start_us * 1'000});
    ++batch->traces;
    start_us += 25'000;
  }
  batch->rows = batch->columns.rows(Column::kNodeTrace).size() +
                batch->columns.rows(Column::kEdgeTrace).size();
  return batch;
}

GraphPeriods Minutes(Batch& batch) {
  GraphPeriods minutes;
  const GraphWindow window(TimeRange(), absl::Minutes(1));
  AddColumnGraph(batch.columns, TraceBitmap(batch.traces, true), window, 1,
                 minutes)
      .IgnoreError();  // Columns in memory are never damaged.
  return minutes;
}

void BM_AddColumns(benchmark::State& state) {
  const auto batch = MakeBatch(7, kStartUs);
  const GraphWindow window(TimeRange(), absl::Minutes(state.range(0)));
  const TraceBitmap all(batch->traces, true);
  for (auto _ : state) {
    GraphPeriods periods;
    benchmark::DoNotOptimize(
        AddColumnGraph(batch->columns, all, window, 1, periods));
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(batch->rows));
  state.counters["rows_per_segment"] =
      static_cast<double>(batch->rows) / static_cast<double>(batch->segments);
}
BENCHMARK(BM_AddColumns)->Arg(0)->Arg(1)->Arg(60)->ArgName("period_minutes");

// Columns to the values of all units. Items are segments.
void BM_RollUpsOfABatch(benchmark::State& state) {
  const auto batch = MakeBatch(7, kStartUs);
  size_t bytes = 0;
  for (auto _ : state) {
    const RollUps roll_ups = RollUpsOf(Minutes(*batch));
    bytes = 0;
    for (const auto& values : roll_ups) {
      for (const auto& [begin, value] : values) bytes += value.size();
    }
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(batch->segments));
  state.counters["bytes_per_segment"] =
      static_cast<double>(bytes) / static_cast<double>(batch->segments);
}
BENCHMARK(BM_RollUpsOfABatch);

// The hour values of eight batches, merged at once. Items are segments.
void BM_MergeHours(benchmark::State& state) {
  std::vector<std::string> values;
  size_t segments = 0;
  for (uint64_t i = 0; i < 8; ++i) {
    const auto batch = MakeBatch(i, kStartUs);
    segments += batch->segments;
    RollUps roll_ups = RollUpsOf(Minutes(*batch));
    for (auto& [begin, value] : roll_ups.back()) {
      values.push_back(std::move(value));
    }
  }
  const std::vector<std::string_view> views(values.begin(), values.end());
  for (auto _ : state) benchmark::DoNotOptimize(MergeRollUps(views));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(segments));
}
BENCHMARK(BM_MergeHours);

// An hour of 50 services and 150 edges; each has so many distinct times.
std::string HourValue(uint64_t times) {
  GraphFigures figures;
  std::vector<ServiceId> services;
  const auto fill = [&](CallFigures& calls, uint64_t seed) {
    calls.ok = 10'000;
    calls.fault = 50;
    calls.total_ns = 123'456'789'012;
    for (uint64_t t = 0; t < times; ++t) {
      calls.response_times.AddToBin(
          static_cast<uint32_t>((seed + t * 7) % 3'000), 40);
    }
  };
  for (uint64_t i = 0; i < 50; ++i) {
    services.push_back({.name = "service-number-" + std::to_string(i),
                        .type = "AWS::ECS::Container",
                        .account_id = {}});
    NodeFigures& node = figures.nodes[services.back()];
    fill(node.calls, i);
    node.durations = node.calls.response_times;
    for (int64_t slot = 0; slot < 60; ++slot) node.activity[slot * 60] = 170;
  }
  for (uint64_t i = 0; i < 150; ++i) {
    EdgeFigures& edge =
        figures.edges[{.source = services[i % 50],
                       .target = services[(i % 50 + i / 50 + 1) % 50]}];
    fill(edge.calls, i);
    edge.aliases[{"service.internal.test", "remote"}] = 10'050;
  }
  return EncodeRollUp(figures, RollUpSpan::Hour(0));
}

// 30 days of hours.
void BM_AddAMonth(benchmark::State& state) {
  const std::string value = HourValue(static_cast<uint64_t>(state.range(0)));
  const auto detail =
      state.range(1) != 0 ? ActivityDetail::kSlots : ActivityDetail::kSpan;
  for (auto _ : state) {
    GraphFigures figures;
    for (int64_t hour = 0; hour < 720; ++hour) {
      AddRollUp(value, RollUpSpan::Hour(hour * 3'600), 1, figures, detail)
          .IgnoreError();  // The value is our own.
    }
    benchmark::DoNotOptimize(figures);
  }
  state.counters["value_bytes"] = static_cast<double>(value.size());
}
BENCHMARK(BM_AddAMonth)
    ->ArgsProduct({{50, 200, 800}, {0, 1}})
    ->ArgNames({"distinct_times", "slots"})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roentgen::storage
