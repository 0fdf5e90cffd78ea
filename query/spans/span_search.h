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

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call_control.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "storage/assembly/trace_spans.h"
#include "storage/engine/trace_engine.h"
#include "storage/model/operation.h"

namespace roentgen::query {

// What one span must meet. Members that are not set match anything.
struct SpanQuery {
  std::optional<std::string> service;
  std::optional<std::string> operation;  // Span name.
  std::optional<std::string> kind;       // "server", ... (operation.h).
  // Service of the other side: peer.service and the like.
  std::optional<std::string> remote_service;
  // Keys and values, compared as text, wherever they stand: in the span, its
  // resource, scope, events or links. An empty optional: the key is there.
  std::vector<std::pair<std::string, std::optional<std::string>>> attributes;
  // Both ends are in it.
  Timestamp start_min = Timestamp::Min();
  Timestamp start_max = Timestamp::Max();
  int64_t duration_min_ns = 0;
  int64_t duration_max_ns = INT64_MAX;
  size_t limit = limits::kSpanSearchTracesDefault;  // Traces.
};

struct SpanTrace {
  storage::TraceId id;
  std::vector<storage::TraceSpan> spans;
};

// What is known of a trace at a glance.
struct ServiceSummary {
  std::string name;
  uint32_t spans = 0;
  uint32_t errors = 0;
};
struct SpanTraceSummary {
  storage::TraceId id;
  std::string root_service;  // Of the earliest span without a parent.
  std::string root_operation;
  uint64_t start_ns = 0;  // The earliest start.
  uint64_t end_ns = 0;    // The latest end.
  uint32_t spans = 0;
  uint32_t errors = 0;   // Status is an error.
  uint32_t orphans = 0;  // They name a parent that is not in the trace.
  std::vector<ServiceSummary> services;  // By name.
};

class SpanSearch {
 public:
  using Visit = std::function<bool(SpanTrace trace)>;

  // Both outlive this object.
  SpanSearch(storage::TraceEngine& engine, const Clock& clock)
      : engine_(engine), clock_(clock) {}

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
  // Who called whom in traces that began in the range.
  absl::StatusOr<storage::ServiceCalls> Calls(const TimeRange& range,
                                              const CallControl& control) const;

 private:
  storage::TraceEngine& engine_;
  const Clock& clock_;
};

// Errors: DataLoss when a span does not read.
absl::StatusOr<SpanTraceSummary> Summarize(const SpanTrace& trace);

// The service of a span: what its resource says, or the name that is given to
// those whose resource says nothing.
std::string SpanServiceName(const storage::SpanContext& context);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_SEARCH_H_
