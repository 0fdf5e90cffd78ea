// Zipkin's query API, version 2: what stands behind /api/v2.
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

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "query/spans/span_search.h"
#include "server/answer_control.h"
#include "server/query_string.h"

namespace roentgen::server {

class ZipkinApi {
 public:
  using Json = absl::StatusOr<std::string>;

  // Both outlive this object.
  ZipkinApi(const query::SpanSearch& spans, const Clock& clock)
      : spans_(spans), clock_(clock) {}

  Json Services(const AnswerControl& control) const;
  Json SpanNames(const QueryString& parameters,
                 const AnswerControl& control) const;
  // What the service's spans of the last day call their other side.
  Json RemoteServices(const QueryString& parameters,
                      const AnswerControl& control) const;
  Json FindTraces(const QueryString& parameters,
                  const AnswerControl& control) const;
  Json GetTrace(std::string_view id, const AnswerControl& control) const;
  Json GetTraces(const QueryString& parameters,
                 const AnswerControl& control) const;
  Json Dependencies(const QueryString& parameters,
                    const AnswerControl& control) const;

 private:
  absl::StatusOr<TimeRange> RangeOf(const QueryString& parameters) const;

  const query::SpanSearch& spans_;
  const Clock& clock_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_API_H_
