// Whether a trace meets an expression.
//
//   const Evaluator evaluator(expression);
//   if (evaluator.Matches(trace, storage::Summarize(trace))) ...
//
// Two-valued: a comparison on what is missing is false, `!` turns any test
// around. docs/query_language.md has the meaning of each keyword.
//
// Threads: immutable; calls are pure.
#ifndef ROENTGEN_QUERY_EVAL_EVALUATOR_H_
#define ROENTGEN_QUERY_EVAL_EVALUATOR_H_

#include "query/lang/expression.h"
#include "trace/assembly/trace.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {

class Evaluator {
 public:
  // `expression` is checked (filter.h) and its groups are resolved (groups.h);
  // tests of groups and keywords out of place are false.
  explicit Evaluator(Expression expression);

  // `summary` is that of `trace`.
  bool Matches(const storage::Trace& trace,
               const storage::TraceSummary& summary) const;

 private:
  const Expression expression_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_EVALUATOR_H_
