// Building blocks of plans: predicates that are put together simplify.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_PLAN_PREDICATES_H_
#define ROENTGEN_QUERY_PLAN_PREDICATES_H_

#include <vector>

#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

storage::TracePredicate Always(storage::Truth truth);
bool IsAlways(const storage::TracePredicate& predicate, storage::Truth truth);

// Terms in order of cost; without those that change nothing.
storage::TracePredicate AllOf(std::vector<storage::TracePredicate> terms);
storage::TracePredicate AnyOf(std::vector<storage::TracePredicate> terms);
storage::TracePredicate Not(storage::TracePredicate term);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_PLAN_PREDICATES_H_
