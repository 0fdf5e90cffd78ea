// Jaeger's older query API: what stands behind /api.
//
// Answers are its envelope: {"data", "total", "limit", "offset", "errors"}.
//
// Errors: InvalidArgument for parameters, NotFound for a trace,
// ResourceExhausted for an answer above limits::kSpanAnswerBytesMax, and those
// of SpanSearch.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_SERVER_JAEGER_LEGACY_API_H_
#define ROENTGEN_SERVER_JAEGER_LEGACY_API_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/clock.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"

namespace roentgen::server {

class JaegerLegacyApi {
 public:
  using Json = absl::StatusOr<std::string>;

  // Both outlive this object.
  JaegerLegacyApi(const query::SpanSearch& spans, const Clock& clock)
      : spans_(spans), clock_(clock) {}

  Json Services(const Call& call) const;
  // Names only.
  Json OperationNames(const std::string& service, const Call& call) const;
  Json Operations(const QueryString& parameters, const Call& call) const;
  Json FindTraces(const QueryString& parameters, const Call& call) const;
  Json GetTrace(std::string_view id, const QueryString& parameters,
                const Call& call) const;
  Json Dependencies(const QueryString& parameters, const Call& call) const;
  // `body` is OTLP JSON and may be reallocated.
  static Json Transform(std::string& body, const Call& call);

 private:
  const query::SpanSearch& spans_;
  const Clock& clock_;
};

// The envelope of a failure.
std::string LegacyErrorJson(int http_status, std::string_view message);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_LEGACY_API_H_
