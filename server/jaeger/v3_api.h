// Jaeger's query API of its third generation, in JSON: what stands behind
// /api/v3.
//
// Traces are OTLP JSON, all of an answer in one object; 64-bit numbers are
// decimal texts.
//
// Errors: InvalidArgument for parameters, NotFound when no trace is found,
// ResourceExhausted for an answer above limits::kSpanAnswerBytesMax, and those
// of SpanSearch.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_SERVER_JAEGER_V3_API_H_
#define ROENTGEN_SERVER_JAEGER_V3_API_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"

namespace roentgen::server {

class JaegerV3Api {
 public:
  using Json = absl::StatusOr<std::string>;

  // `spans` outlives this object.
  explicit JaegerV3Api(const query::SpanSearch& spans) : spans_(spans) {}

  Json Services(const Call& call) const;
  // Operations without a kind are shown as internal.
  Json Operations(const QueryString& parameters, const Call& call) const;
  Json FindTraces(const QueryString& parameters, const Call& call) const;
  Json GetTrace(std::string_view id, const QueryString& parameters,
                const Call& call) const;
  Json FindTraceSummaries(const QueryString& parameters,
                          const Call& call) const;
  Json Dependencies(const QueryString& parameters, const Call& call) const;

 private:
  const query::SpanSearch& spans_;
};

// The body of a failure. `grpc_code` is one of google.rpc.Code.
std::string V3ErrorJson(int http_status, int grpc_code,
                        std::string_view message);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_V3_API_H_
