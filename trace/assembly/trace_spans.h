// All spans of a trace, whatever its records were born as.
//
//   RTG_ASSIGN_OR_RETURN(auto spans, SpansOfTrace(records, call));
//
// Spans are as they came, repeats included. Of segment documents those count,
// and of them those entities, that are part of the assembled trace
// (record_resolution.h). A subsegment that came on its own is of the service
// that made the segment above it, or of that of the span above it; of a
// service of its own name when neither came.
//
// Errors: DataLoss when a record does not read; ResourceExhausted when records
// and spans take more memory than they may; those of Call::Check.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_TRACE_SPANS_H_
#define ROENTGEN_TRACE_ASSEMBLY_TRACE_SPANS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

struct TraceSpan {
  EntityId id;
  std::shared_ptr<const SpanContext> context;
  std::string span;  // A serialized Span.
};

// `records` are all of one trace, by ascending sequence. The memory of the call
// bounds records and spans. In their order, a segment before its subsegments.
absl::StatusOr<std::vector<TraceSpan>> SpansOfTrace(
    std::vector<StoredRecord> records, const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_TRACE_SPANS_H_
