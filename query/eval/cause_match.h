// Root causes against the patterns of rootcause.json.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_CAUSE_MATCH_H_
#define ROENTGEN_QUERY_EVAL_CAUSE_MATCH_H_

#include "query/lang/expression.h"
#include "trace/model/root_cause.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {

// Members that the pattern has are equal; lists hold the pattern's elements in
// order, with or without others between. Costs the size of the cause.
bool Matches(const CausePattern& pattern, const storage::RootCause& cause);

// Each pattern matches some cause of any kind.
bool Matches(const CauseJsonTest& test, const storage::TraceSummary& summary);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_CAUSE_MATCH_H_
