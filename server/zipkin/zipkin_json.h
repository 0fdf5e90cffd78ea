// Spans -> Zipkin's JSON.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_JSON_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_JSON_H_

#include "absl/status/status.h"
#include "base/json_writer.h"
#include "query/spans/span_summary.h"
#include "server/growing_answer.h"

namespace roentgen::server {

// An array of the trace's spans, without those that came twice. Attributes and
// those of the resource become tags, events annotations, a failed status the
// tag "error". `answer` is of what `json` writes. Errors: DataLoss when a span
// does not read; those of the answer.
absl::Status WriteZipkinTrace(query::SpanTrace trace, GrowingAnswer& answer,
                              JsonWriter& json);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_JSON_H_
