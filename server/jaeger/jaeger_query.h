// What Jaeger's HTTP APIs ask for, read from the parameters of a request.
//
//   RTG_ASSIGN_OR_RETURN(const query::SpanQuery query,
//                        ReadTraceQuery(parameters));
//
// Errors: InvalidArgument; it names the parameter and its value.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "query/spans/span_query.h"
#include "server/http/query_string.h"
#include "trace/model/ids.h"

namespace roentgen::server {

// --- Any API ---

// Up to 32 hex digits, or 16 bytes in base64.
absl::StatusOr<storage::TraceId> ReadTraceId(std::string_view text);

// Traces of a search: `wanted`, or the default for 0 and less.
absl::StatusOr<size_t> ReadSearchDepth(std::string_view name, int64_t wanted);

// Durations that are not negative, the second not below the first, in range of
// times, and not too many attributes. 0 as the longest duration: no bound.
absl::Status FinishTraceQuery(query::SpanQuery& query);

// --- The older API, /api ---

struct LegacyTraceQuery {
  // When there are some, the rest says nothing.
  std::vector<storage::TraceId> ids;
  query::SpanQuery query;
  bool raw = false;  // Spans as they were stored (trace_adjust.h).
};
absl::StatusOr<LegacyTraceQuery> ReadLegacyTraceQuery(
    const QueryString& parameters, Timestamp now);

// Of one trace: whether start and end can be read, which change nothing: a
// trace is found without hints at its time. The result is `raw`.
absl::StatusOr<bool> ReadLegacyHints(const QueryString& parameters);

// endTs and lookback, in milliseconds.
absl::StatusOr<TimeRange> ReadLegacyTimeRange(const QueryString& parameters,
                                              Timestamp now);

// --- /api/v3 ---

// The first of "spanKind" and "span_kind".
std::optional<std::string_view> FindEitherCase(const QueryString& parameters,
                                               std::string_view camel_case);

// As ReadLegacyHints, of startTime, endTime and rawTraces.
absl::StatusOr<bool> ReadHints(const QueryString& parameters);
// query.rawTraces.
absl::StatusOr<bool> ReadRawTraces(const QueryString& parameters);

// The parameters that begin with "query.".
absl::StatusOr<query::SpanQuery> ReadTraceQuery(const QueryString& parameters);

// startTime and endTime; the end is not in it.
absl::StatusOr<TimeRange> ReadTimeRange(const QueryString& parameters);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_H_
