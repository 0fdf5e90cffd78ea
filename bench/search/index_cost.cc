#include "bench/search/index_cost.h"

#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/call.h"
#include "bench/search/measure.h"
#include "bench/support/segment_generator.h"
#include "storage/index/batch_index.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"
#include "trace/model/record.h"

namespace roentgen::bench {
namespace {

using storage::Column;

constexpr int64_t kStartUs = 1'700'006'400'000'000;
constexpr size_t kSegmentsPerBatch = 16'384;
constexpr int kBatches = 8;

std::vector<storage::TraceRecords> MakeBatch(SegmentGenerator& generator,
                                             int64_t begin_us,
                                             size_t& segments) {
  std::vector<storage::TraceRecords> traces;
  storage::DocumentParser parser;
  storage::SegmentDocument document;
  int64_t start_us = begin_us;
  for (size_t made = 0; made < kSegmentsPerBatch;) {
    storage::TraceRecords records;
    for (std::string& text : generator.Trace(start_us)) {
      if (parser.Parse(text, document)) continue;
      records.trace_id = document.trace_id;
      records.records.push_back({.sequence = {1, 0},
                                 .received = {start_us * 1'000},
                                 .document = std::move(text)});
      ++made;
      ++segments;
    }
    traces.push_back(std::move(records));
    start_us += 25'000;  // As 10 million segments a day.
  }
  return traces;
}

}  // namespace

void PrintIndexCost() {
  SegmentGenerator generator(21);
  double assemble = 0;
  double add = 0;
  double pack = 0;
  size_t segments = 0;
  size_t bytes = 0;
  std::map<std::pair<std::string, int>, size_t> by_column;
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto records =
        MakeBatch(generator, kStartUs + int64_t{batch} * 200'000'000, segments);
    std::vector<storage::Trace> traces;
    double at = ThreadCpuNow();
    for (const auto& trace : records) {
      traces.push_back(*storage::AssembleTrace(trace, UnattendedCall()));
    }
    assemble += ThreadCpuNow() - at;
    at = ThreadCpuNow();
    storage::IndexColumns columns;
    for (size_t i = 0; i < traces.size(); ++i) {
      columns.Add(traces[i], records[i].records.back().received);
    }
    add += ThreadCpuNow() - at;
    at = ThreadCpuNow();
    const std::vector<storage::IndexChunk> chunks =
        storage::PackColumns(columns);
    pack += ThreadCpuNow() - at;
    for (const storage::IndexChunk& chunk : chunks) {
      bytes += chunk.bytes.size();
      by_column[{std::to_string(static_cast<int>(chunk.column)) + " " +
                     chunk.annotation_key,
                 static_cast<int>(chunk.part)}] += chunk.bytes.size();
    }
  }
  const double per = static_cast<double>(segments);
  std::printf(
      "index, us CPU a segment: assemble %.2f, summarise and add %.2f, pack "
      "%.2f; %.1f B a segment packed\n",
      assemble * 1e6 / per, add * 1e6 / per, pack * 1e6 / per,
      static_cast<double>(bytes) / per);
  for (const auto& [column, size] : by_column) {
    std::printf("  column %s part %d: %.2f B\n", column.first.c_str(),
                column.second, static_cast<double>(size) / per);
  }
}

}  // namespace roentgen::bench
