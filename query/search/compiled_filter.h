// A filter expression, ready to be asked: its plan for the index, and the
// evaluator that decides.
//
//   RTG_ASSIGN_OR_RETURN(const CompiledFilter filter,
//                        CompileFilter("fault AND duration > 5", groups));
//
// Threads: immutable.
#ifndef ROENTGEN_QUERY_SEARCH_COMPILED_FILTER_H_
#define ROENTGEN_QUERY_SEARCH_COMPILED_FILTER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/eval/evaluator.h"
#include "query/lang/expression.h"
#include "query/lang/groups.h"
#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

struct CompiledFilter {
  std::string text;  // As the printer writes it, groups resolved.
  storage::TracePredicate plan;
  Evaluator evaluator;
  // See service_window.h.
  std::vector<NodeSelector> services;
};

// Groups are those of this moment. Errors: InvalidArgument with the message
// that X-Ray's clients see.
absl::StatusOr<CompiledFilter> CompileFilter(std::string_view text,
                                             const GroupLookup& groups);

// Knows no group.
const GroupLookup& NoGroups();

// Whether an expression says nothing: every trace is meant.
bool IsBlank(std::string_view text);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_COMPILED_FILTER_H_
