// Filter expressions, text to checked tree: what the rest of the server calls.
//
//   auto parsed = ParseFilter(request.filter_expression);
//   if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
//     return absl::InvalidArgumentError(error->Message());
//   }
//
// Blank text is an error here; callers that take it as "every trace" ask first.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_FILTER_H_
#define ROENTGEN_QUERY_LANG_FILTER_H_

#include <string_view>
#include <variant>

#include "query/lang/expression.h"
#include "query/lang/syntax_error.h"

namespace roentgen::query {

// Parse, then Check. Work and memory are bounded (base/limits.h).
std::variant<Expression, SyntaxError> ParseFilter(std::string_view text);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_FILTER_H_
