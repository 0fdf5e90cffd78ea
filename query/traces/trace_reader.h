// Traces by their ids, assembled, a few in memory at a time.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_TRACES_TRACE_READER_H_
#define ROENTGEN_QUERY_TRACES_TRACE_READER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/engine/trace_engine.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_spans.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::query {

// Of all documents together.
size_t DocumentBytes(const storage::TraceRecords& records);

// AssembleTrace. Errors: ResourceExhausted, naming the trace and the setting,
// when it takes more memory than the call may; those of Call::Check.
absl::StatusOr<storage::Trace> AssembleWithin(
    const storage::TraceRecords& records, const Call& call,
    storage::Texts texts = storage::Texts::kOmitted);
// SpansOfTrace likewise.
absl::StatusOr<std::vector<storage::TraceSpan>> SpansWithin(
    storage::TraceRecords records, const Call& call);

// The records of a trace; nothing when it is not stored. Errors: as
// AssembleWithin.
absl::StatusOr<std::optional<storage::TraceRecords>> ReadWithin(
    storage::TraceEngine& engine, const storage::TraceId& id, const Call& call);

void LogLeftOut(const storage::TraceId& id, const absl::Status& status);
// Whether an error is of one trace, which a search leaves out: it is damaged,
// or takes more than `memory.query`. All others must still be found.
bool IsOfOneTrace(const absl::Status& status);

// Calls `visit` with the records of each trace that is still stored, in the
// order of `ids`, until it returns false. A damaged trace costs itself: it is
// logged and left out. Errors: as ReadWithin.
absl::Status VisitRecords(
    storage::TraceEngine& engine, std::span<const storage::TraceId> ids,
    const Call& call,
    const std::function<bool(storage::TraceRecords records)>& visit);

// Calls `visit` with each trace that is still stored, in the order of `ids`,
// until it returns false. A damaged trace costs itself: it is logged and left
// out. Errors: those of AssembleWithin.
absl::Status VisitTraces(
    storage::TraceEngine& engine, std::span<const storage::TraceId> ids,
    const Call& call,
    const std::function<bool(const storage::Trace& trace)>& visit);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACES_TRACE_READER_H_
