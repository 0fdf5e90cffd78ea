// What Jaeger's query service does to a trace before it shows it.
//
//   spans.Find(query, control, [&](query::SpanTrace trace) {
//     return Show(AdjustedTrace(std::move(trace)));
//   });
//
// - A span that came twice, as from an export that was retried, is there once.
// - Zipkin's client and server may share an id: each server's span gets an id
//   of its own, below the client's, and the spans below the shared id go below
//   it.
// - Links without a trace or a span are left out.
//
// No span is moved in time: Jaeger would do so for clocks that differ, if told.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_TRACE_ADJUST_H_
#define ROENTGEN_SERVER_JAEGER_TRACE_ADJUST_H_

#include "query/spans/span_summary.h"

namespace roentgen::server {

query::SpanTrace AdjustedTrace(query::SpanTrace trace);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_TRACE_ADJUST_H_
