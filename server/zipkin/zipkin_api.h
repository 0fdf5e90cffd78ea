// Zipkin's query API, version 2: what stands behind /api/v2.
//
// Names of services and spans are in lower case here, as in Zipkin, and are
// found in any; a service that does not say its name has none.
//
// Answers are bare JSON. Errors: InvalidArgument for parameters, NotFound for a
// trace, ResourceExhausted for an answer above limits::kSpanAnswerBytesMax, and
// those of SpanSearch.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_API_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_API_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/clock.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"
#include "trace/model/ids.h"

namespace roentgen::server {

class ZipkinApi {
 public:
  using Json = absl::StatusOr<std::string>;

  // Both outlive this object. `unnamed`: what services are called elsewhere
  // that do not say their name, for what was stored before operations told.
  ZipkinApi(const query::SpanSearch& spans, const Clock& clock,
            std::string unnamed = "unknown_service")
      : spans_(spans), clock_(clock), unnamed_(std::move(unnamed)) {}

  Json Services(const Call& call) const;
  Json SpanNames(const QueryString& parameters, const Call& call) const;
  // What the service's spans of the last day call their other side.
  Json RemoteServices(const QueryString& parameters, const Call& call) const;
  Json FindTraces(const QueryString& parameters, const Call& call) const;
  Json GetTrace(std::string_view id, const Call& call) const;
  Json GetTraces(const QueryString& parameters, const Call& call) const;
  Json Dependencies(const QueryString& parameters, const Call& call) const;

 private:
  absl::StatusOr<TimeRange> RangeOf(const QueryString& parameters) const;
  // Whether the operation's service says its name.
  bool IsNamed(const storage::Operation& operation) const;
  // What spans of the query's service call its other side, in other cases, too.
  absl::StatusOr<std::vector<std::string>> RemoteSpellings(
      const query::SpanQuery& query, const Call& call) const;
  // `query` once for each spelling of its service and operation, with those of
  // its other side.
  absl::StatusOr<std::vector<query::SpanQuery>> WithSpellings(
      const query::SpanQuery& query, const Call& call) const;
  // Of all that the queries find, as many as one may; newest first.
  absl::StatusOr<std::vector<storage::TraceId>> Newest(
      const std::vector<query::SpanQuery>& queries, const Call& call) const;

  const query::SpanSearch& spans_;
  const Clock& clock_;
  const std::string unnamed_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_API_H_
