// A query of spans in terms that an index can answer.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_PREDICATE_H_
#define ROENTGEN_QUERY_SPANS_SPAN_PREDICATE_H_

#include <optional>

#include "query/spans/span_query.h"
#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

// "No" to no trace that has a span that meets the query. Nothing: it narrows
// nothing.
std::optional<storage::TracePredicate> PredicateOf(const SpanQuery& query);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_PREDICATE_H_
