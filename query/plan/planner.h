// An expression -> what the index is asked.
//
// The plan holds for every trace that the expression holds for; where the
// index knows no answer it says maybe, and the evaluator decides. What is
// asked of a node beyond its outcome, duration, status and name is asked of
// the whole trace instead: nothing that matches is lost.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_PLAN_PLANNER_H_
#define ROENTGEN_QUERY_PLAN_PLANNER_H_

#include <string>

#include "query/lang/expression.h"
#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

// `expression` is checked and its groups are resolved. Terms of an AND come
// in order of their estimated cost, those that rule out most for least first.
storage::TracePredicate PlanFilter(const Expression& expression);

// Whether the plan leaves nothing to the evaluator, but for what the index
// keeps prints of.
bool IsExact(const storage::TracePredicate& predicate);

// The plan as text, one line a node, two blanks a level.
std::string Describe(const storage::TracePredicate& predicate);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_PLAN_PLANNER_H_
