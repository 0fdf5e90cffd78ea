// What a span costs on its way into a batch, on a captured load
// (tests/support/span_load.h): reading it, seeing it as a document, and
// writing that document as text.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/span_load.h"
#include "trace/mapping/record_document.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

std::vector<StoredRecord> Load() {
  std::vector<StoredRecord> records;
  for (const std::string& request : testing_support::CapturedRequests()) {
    testing_support::AppendSpans(request, EncodeSpanProfile({}), records);
  }
  return records;
}

// Runs `step` for every record of the load.
template <typename Step>
void RunOnLoad(benchmark::State& state, Step step) {
  const std::vector<StoredRecord> records = Load();
  if (records.empty()) {
    state.SkipWithError("no captured load: set ROENTGEN_SHARED_DATA");
    return;
  }
  for (auto unused : state) {
    for (const StoredRecord& record : records) step(record);
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<int64_t>(records.size()));
}

void BM_ReadSpan(benchmark::State& state) {
  SpanView span;
  RunOnLoad(state, [&](const StoredRecord& record) {
    benchmark::DoNotOptimize(ReadSpan(record.document, span));
  });
}
BENCHMARK(BM_ReadSpan);

void BM_SpanFacts(benchmark::State& state) {
  SpanView span;
  RunOnLoad(state, [&](const StoredRecord& record) {
    ReadSpan(record.document, span);
    benchmark::DoNotOptimize(SpanFacts(TraceIdOf(span), span, "cart"));
  });
}
BENCHMARK(BM_SpanFacts);

void ReadDocuments(benchmark::State& state, Texts texts) {
  RecordDocuments documents;
  SegmentDocument document;
  RunOnLoad(state, [&](const StoredRecord& record) {
    benchmark::DoNotOptimize(
        documents.Read(record, SpanPlace::kInService, texts, document).ok());
  });
}

void BM_ReadDirect(benchmark::State& state) {
  ReadDocuments(state, Texts::kOmitted);
}
BENCHMARK(BM_ReadDirect);

void BM_ReadText(benchmark::State& state) {
  ReadDocuments(state, Texts::kWanted);
}
BENCHMARK(BM_ReadText);

}  // namespace
}  // namespace roentgen::storage
