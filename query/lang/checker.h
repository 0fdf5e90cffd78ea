// Whether each test of a parsed tree has its place and a fitting operator.
//
// A literal of another type than the keyword is no error: it matches nothing.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_CHECKER_H_
#define ROENTGEN_QUERY_LANG_CHECKER_H_

#include <optional>

#include "query/lang/expression.h"
#include "query/lang/syntax_error.h"

namespace roentgen::query {

// The first fault in order of the text; nothing when there is none.
std::optional<SyntaxError> Check(const Expression& expression);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_CHECKER_H_
