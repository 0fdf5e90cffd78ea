// Traces as OpenTelemetry's readers ask for them: by spans.
//
//   SpanSearch search(engine, {...});
//   absl::Status status = search.Find({.service = "cart", .limit = 20},
//                                     control, [&](SpanTrace trace) {
//     return send(trace);  // False: no more.
//   });
//
// The index narrows, the spans decide: a trace is found when one of its spans
// meets all of the query. Newest first: by the latest start of a span, then by
// ascending id. Each trace comes whole, one at a time in memory.
//
// Errors: InvalidArgument for a query that makes no sense; ResourceExhausted
// when too many traces would have to be looked at; DeadlineExceeded, Cancelled.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_SEARCH_H_
#define ROENTGEN_QUERY_SPANS_SPAN_SEARCH_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call_control.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "query/spans/span_query.h"
#include "query/spans/span_summary.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "trace/assembly/trace_spans.h"
#include "trace/model/operation.h"

namespace roentgen::query {

class SpanSearch {
 public:
  using Visit = std::function<bool(SpanTrace trace)>;

  // Both outlive this object.
  // `memory_bytes_max`: of the spans of one trace (the setting memory.query);
  // ResourceExhausted names a trace that has more.
  SpanSearch(storage::TraceEngine& engine, const Clock& clock,
             size_t memory_bytes_max = limits::kQueryMemoryBytes)
      : engine_(engine),
        bounds_({.clock = clock, .memory_bytes_max = memory_bytes_max}) {}

  absl::Status Find(const SpanQuery& query, const CallControl& control,
                    const Visit& visit) const;

  // The trace with that id; nothing when it is not stored.
  absl::StatusOr<std::optional<SpanTrace>> Get(
      const storage::TraceId& id, const CallControl& control) const;

  // All names of services, ascending.
  absl::StatusOr<std::vector<std::string>> Services(
      const CallControl& control) const;
  // Those of the service, and of the kind if one is given; ascending.
  absl::StatusOr<std::vector<storage::Operation>> Operations(
      const std::string& service, const std::optional<std::string>& kind,
      const CallControl& control) const;
  // Those of all services; ascending.
  absl::StatusOr<std::vector<storage::Operation>> Operations(
      const CallControl& control) const;
  // Who called whom in traces that began in the range.
  absl::StatusOr<storage::ServiceCalls> Calls(const TimeRange& range,
                                              storage::CallSet set,
                                              const CallControl& control) const;

 private:
  absl::StatusOr<std::vector<storage::TraceSpan>> SpansOf(
      storage::TraceRecords records, const CallControl& control) const;

  storage::TraceEngine& engine_;
  const ReadBounds bounds_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_SEARCH_H_
