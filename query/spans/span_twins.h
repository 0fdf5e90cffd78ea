// Spans that came twice, as from an export that was retried.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_TWINS_H_
#define ROENTGEN_QUERY_SPANS_SPAN_TWINS_H_

#include "query/spans/span_summary.h"

namespace roentgen::query {

// The trace with the first of those that are the same to the byte, with their
// resource and scope.
SpanTrace WithoutTwins(SpanTrace trace);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_TWINS_H_
