// What each step of a document's way costs, on one thread.
//
//   bazel run --config=opt //bench/storage:hot_path_bench
#include <string>
#include <vector>

#include "base/call.h"
#include "bench/support/segment_generator.h"
#include "benchmark/benchmark.h"
#include "storage/record/record_block.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"

namespace roentgen::storage {
namespace {

constexpr size_t kDocuments = 5'000;
constexpr int64_t kStartUs = 1'700'000'000'000'000;

const std::vector<std::string>& Documents() {
  static const auto* const documents = new std::vector<std::string>(
      bench::SegmentGenerator(3).Documents(kDocuments, kStartUs));
  return *documents;
}

void SetBytes(benchmark::State& state, size_t documents_per_iteration) {
  size_t bytes = 0;
  for (const std::string& d : Documents()) bytes += d.size();
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(documents_per_iteration));
  state.counters["doc_bytes"] =
      static_cast<double>(bytes) / static_cast<double>(kDocuments);
}

void BM_ParseAndValidate(benchmark::State& state) {
  DocumentParser parser;
  SegmentDocument document;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        parser.Parse(Documents()[i++ % kDocuments], document));
  }
  SetBytes(state, 1);
}
BENCHMARK(BM_ParseAndValidate);

void BM_ExtractFacts(benchmark::State& state) {
  DocumentParser parser;
  SegmentDocument document;
  parser.Parse(Documents()[0], document);
  for (auto _ : state) benchmark::DoNotOptimize(document.Facts());
  SetBytes(state, 1);
}
BENCHMARK(BM_ExtractFacts);

// Blocks as a request makes them (50) and as a seal does (1,024).
void BM_PackBlock(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  DocumentParser parser;
  std::vector<std::pair<TraceId, EntityId>> ids;
  for (size_t i = 0; i < count; ++i) {
    SegmentDocument document;
    parser.Parse(Documents()[i], document);
    ids.emplace_back(document.trace_id, document.root().id);
  }
  size_t stored = 0;
  for (auto _ : state) {
    RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
    for (size_t i = 0; i < count; ++i) {
      builder.Add(ids[i].first, ids[i].second, RecordFormat::kXrayJson,
                  Documents()[i]);
    }
    stored = builder.Finish().size();
  }
  SetBytes(state, count);
  state.counters["stored_bytes_per_doc"] =
      static_cast<double>(stored) / static_cast<double>(count);
}
BENCHMARK(BM_PackBlock)->Arg(1)->Arg(50)->Arg(1'024);

void BM_AssembleAndSummarize(benchmark::State& state) {
  bench::SegmentGenerator generator(5);
  std::vector<TraceRecords> traces;
  size_t documents = 0;
  for (int i = 0; i < 100; ++i) {
    TraceRecords records;
    for (std::string& d : generator.Trace(kStartUs + i)) {
      DocumentParser parser;
      SegmentDocument document;
      parser.Parse(d, document);
      records.trace_id = document.trace_id;
      records.records.push_back({.sequence = {1, 0}, .document = d});
      ++documents;
    }
    traces.push_back(std::move(records));
  }
  for (auto _ : state) {
    for (const TraceRecords& records : traces) {
      const auto trace = AssembleTrace(records, UnattendedCall());
      benchmark::DoNotOptimize(Summarize(*trace));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(documents));
}
BENCHMARK(BM_AssembleAndSummarize);

}  // namespace
}  // namespace roentgen::storage
