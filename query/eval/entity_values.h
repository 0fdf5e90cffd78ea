// Values that segments and calls have in common.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_
#define ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_

#include <optional>
#include <string_view>

#include "query/lang/expression.h"
#include "trace/document/segment_document.h"

namespace roentgen::query {

// ok, error, throttle, fault; false for other keywords.
bool IsOutcome(const storage::Outcome& outcome, Keyword keyword);

// http.status; nothing when there is none.
std::optional<double> StatusOf(const storage::EntityView& entity);

// http.url and the like; empty when there is none, and for other keywords.
std::string_view HttpTextOf(const storage::EntityView& entity, Keyword keyword);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_
