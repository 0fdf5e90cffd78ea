// Any documents of one trace, a line each: segments that contradict each other,
// circles of parents, versions, repeats. What is accepted is assembled,
// summarized, written to a batch and read from it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/live/batch_builder.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "tests/support/calls.h"
#include "trace/assembly/render.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"

namespace roentgen::storage {
namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

TraceRecords Accepted(std::string_view text) {
  TraceRecords records;
  DocumentParser parser;
  SegmentDocument document;
  while (!text.empty() && records.records.size() < 200) {
    const size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (parser.Parse(line, document)) continue;
    if (records.records.empty()) records.trace_id = document.trace_id;
    if (document.trace_id != records.trace_id) continue;
    const uint64_t number = records.records.size();
    records.records.push_back(
        {.sequence = {1 + number / 3, static_cast<uint32_t>(number % 3)},
         .received = {static_cast<int64_t>(number)},
         .document = line});
  }
  return records;
}

// What is sealed of them is what they were.
void CheckBatch(const TraceRecords& records) {
  auto open = ToOpenRecords(records.trace_id, records.records);
  Check(open.ok());
  const std::vector<TraceToSeal> traces = {
      {.id = records.trace_id, .part = {.records = std::move(open->records)}}};
  const auto batch =
      BuildBatch(traces, {}, [](const Trace&) { return ResolvedLinks(); });
  Check(batch.ok() && batch->locators.size() == 1);
  const Locator& locator = batch->locators[0];
  Check(locator.records == records.records.size());
  size_t seen = 0;
  for (size_t i = locator.block; i < batch->blocks.size(); ++i) {
    const auto block = RecordBlock::Parse(batch->blocks[i]);
    Check(block.ok());
    for (size_t r = 0; r < block->size(); ++r, ++seen) {
      Check(block->Get(r, records.trace_id) == records.records[seen]);
    }
  }
  Check(seen == locator.records);
}

void FuzzOne(std::string_view text) {
  const TraceRecords records = Accepted(text);
  if (records.records.empty()) return;
  const auto trace = AssembleTrace(records, testing_support::AnyCall());
  Check(trace.ok());
  Summarize(*trace);
  for (uint32_t segment : trace->segments) RenderSegment(*trace, segment);
  for (const InferredSegment& inferred : trace->inferred) {
    RenderInferred(*trace, inferred);
  }
  CheckBatch(records);
}

}  // namespace
}  // namespace roentgen::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::storage::FuzzOne(
      std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
