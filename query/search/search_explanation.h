// How a search was answered, for people.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SEARCH_SEARCH_EXPLANATION_H_
#define ROENTGEN_QUERY_SEARCH_SEARCH_EXPLANATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "query/search/compiled_filter.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::query {

struct SearchCosts {
  storage::FindStats index;
  uint64_t candidates = 0;  // Traces that the index let through.
  uint64_t told = 0;        // Of those: summaries that its columns tell.
  uint64_t evaluated = 0;   // Of those: read and evaluated.
  uint64_t matched = 0;
};

// Several lines: the expression as understood, the plan, what was touched, of
// which time the answer is and what is missing in it.
std::string Explain(const std::optional<CompiledFilter>& filter,
                    const SearchCosts& costs,
                    const storage::AnswerScope& scope);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_SEARCH_EXPLANATION_H_
