// Traces as OpenTelemetry's readers ask for them: by spans.
//
//   SpanSearch search(engine, {...});
//   absl::Status status = search.Find({.service = "cart", .limit = 20},
//                                     call, [&](SpanTrace trace) {
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
#include "base/call.h"
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

  // `engine` outlives this object.
  explicit SpanSearch(storage::TraceEngine& engine) : engine_(engine) {}

  absl::Status Find(const SpanQuery& query, const Call& call,
                    const Visit& visit) const;

  // The trace with that id; nothing when it is not stored.
  absl::StatusOr<std::optional<SpanTrace>> Get(const storage::TraceId& id,
                                               const Call& call) const;

  // All names of services, ascending.
  absl::StatusOr<std::vector<std::string>> Services(const Call& call) const;
  // Those of the service, and of the kind if one is given; ascending.
  absl::StatusOr<std::vector<storage::Operation>> Operations(
      const std::string& service, const std::optional<std::string>& kind,
      const Call& call) const;
  // Those of all services; ascending.
  absl::StatusOr<std::vector<storage::Operation>> Operations(
      const Call& call) const;
  // Who called whom in traces that began in the range.
  absl::StatusOr<storage::ServiceCalls> Calls(const TimeRange& range,
                                              storage::CallSet set,
                                              const Call& call) const;

 private:
  absl::StatusOr<std::vector<storage::TraceSpan>> SpansOf(
      storage::TraceRecords records, const Call& call) const;

  storage::TraceEngine& engine_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_SEARCH_H_
