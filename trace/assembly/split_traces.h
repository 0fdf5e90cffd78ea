// Traces that came in two halves. A service that knows ids of 64 bits only cuts
// off the upper half of a trace's id: what it sends is a trace of its own,
// whose id has zeros there.
//
//   SplitTraces split;
//   for (...) if (id.IsShort()) split.AddShort(id, start);
//   if (!split.empty()) for (...) split.AddLong(id, start);
//   for (const WholeTrace& whole : split.Take()) ...
//
// Threads: plain data; one thread at a time.
#ifndef ROENTGEN_TRACE_ASSEMBLY_SPLIT_TRACES_H_
#define ROENTGEN_TRACE_ASSEMBLY_SPLIT_TRACES_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/timestamp.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

struct WholeTrace {
  // Two or more. The first one has all bits of its id.
  std::vector<TraceId> halves;
  Timestamp start;  // Of the earliest.
};

class SplitTraces {
 public:
  // Ids of 64 bits; the first limits::kShortTraceIdsMax.
  void AddShort(const TraceId& id, Timestamp start);
  // All others, after the short ones: those that are no half are not kept.
  void AddLong(const TraceId& id, Timestamp start);
  // No id of 64 bits came.
  bool empty() const { return shorts_.empty(); }

  // Those of which both halves came, in order of the first long one; without
  // those of more than limits::kHalvesPerTraceMax. Empty again.
  std::vector<WholeTrace> Take();

 private:
  absl::flat_hash_map<uint64_t, Timestamp> shorts_;  // Starts, by lower half.
  absl::flat_hash_map<uint64_t, size_t> places_;     // In `found_`.
  std::vector<WholeTrace> found_;
};

// Where halves of traces that begin in the range are looked for.
TimeRange AroundRange(const TimeRange& range);

// The records of all halves, not empty, as one trace of the first one's id.
TraceRecords JoinHalves(std::vector<TraceRecords> halves);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_SPLIT_TRACES_H_
