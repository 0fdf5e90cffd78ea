// Spans of a trace, and what is known of them at a glance.
//
// Threads: plain values; pure functions.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_SUMMARY_H_
#define ROENTGEN_QUERY_SPANS_SPAN_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "trace/assembly/trace_spans.h"
#include "trace/model/ids.h"

namespace roentgen::query {

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

// Errors: DataLoss when a span does not read.
absl::StatusOr<SpanTraceSummary> Summarize(const SpanTrace& trace);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_SUMMARY_H_
