// Spans -> traces as Jaeger's older JSON API shows them.
//
//   JaegerJsonWriter writer(out);  // Appends; keeps its buffers.
//   RTG_RETURN_IF_ERROR(writer.Write(trace));
//
// Errors: DataLoss when a span does not read.
//
// Format: the trace of Jaeger's query API: {"traceID", "spans", "processes",
// "warnings"}. Ids are hex digits, those of traces 16 where the upper half is
// zero; times and durations are microseconds. What only OpenTelemetry has
// stands in tags: span.kind, error, otel.status_code, otel.scope.name, ...
//
// Threads: thread-compatible.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_JSON_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/json_writer.h"
#include "query/spans/span_summary.h"
#include "server/growing_answer.h"
#include "trace/model/ids.h"
#include "trace/span/span_view.h"

namespace roentgen::server {

// 32 lower-case hex digits.
std::string TraceIdHex(const storage::TraceId& id);
// 16 when the upper half is zero.
std::string LegacyTraceIdHex(const storage::TraceId& id);

class JaegerJsonWriter {
 public:
  // Both outlive the writer. `answer` is of `out`; null: it is not bounded.
  explicit JaegerJsonWriter(std::string& out, GrowingAnswer* answer = nullptr)
      : json_(out), answer_(answer) {}

  // An object. Errors: also those of the answer.
  absl::Status Write(const query::SpanTrace& trace);

 private:
  void WriteSpan(const std::string& trace_id, const std::string& process_id);
  void WriteWarnings();
  void WriteReferences();
  void WriteReference(std::string_view type, std::string_view trace_id,
                      std::string_view span_id);
  void WriteTags();
  void WriteLogs();

  JsonWriter json_;
  GrowingAnswer* const answer_;
  storage::SpanView span_;
  storage::ContextView context_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_JSON_H_
