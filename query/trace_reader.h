// Traces by their ids, assembled, a few in memory at a time.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_TRACE_READER_H_
#define ROENTGEN_QUERY_TRACE_READER_H_

#include <functional>
#include <span>

#include "absl/status/status.h"
#include "base/call_control.h"
#include "storage/assembly/trace.h"
#include "storage/engine/trace_engine.h"
#include "storage/model/ids.h"
#include "storage/model/record.h"

namespace roentgen::query {

void LogDamagedTrace(const storage::TraceId& id, const absl::Status& status);

// Calls `visit` with the records of each trace that is still stored, in the
// order of `ids`, until it returns false. A damaged trace costs itself: it is
// logged and left out.
absl::Status VisitRecords(
    storage::TraceEngine& engine, std::span<const storage::TraceId> ids,
    const CallControl& control,
    const std::function<bool(storage::TraceRecords records)>& visit);

// Calls `visit` with each trace that is still stored, in the order of `ids`,
// until it returns false. A damaged trace costs itself: it is logged and left
// out.
absl::Status VisitTraces(
    storage::TraceEngine& engine, std::span<const storage::TraceId> ids,
    const CallControl& control,
    const std::function<bool(const storage::Trace& trace)>& visit);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACE_READER_H_
