// A comparison with a number -> the integers that meet it.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_PLAN_NUMBER_RANGES_H_
#define ROENTGEN_QUERY_PLAN_NUMBER_RANGES_H_

#include <string>
#include <vector>

#include "query/lang/expression.h"
#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

// Durations in nanoseconds whose shown seconds (comparison.h) meet it.
storage::NumberTest DurationsThatMeet(const Comparison& comparison);

// HTTP statuses; 0 is none.
storage::NumberTest StatusesThatMeet(const Comparison& comparison);

// Annotations of the key that are numbers; no ranges and nothing unsure: none.
storage::TracePredicate::AnnotationNumber NumbersThatMeet(
    std::string key, const Comparison& comparison);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_PLAN_NUMBER_RANGES_H_
