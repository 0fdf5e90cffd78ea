#include "query/lang/filter.h"

#include <optional>

#include "query/lang/checker.h"
#include "query/lang/parser.h"

namespace roentgen::query {

std::variant<Expression, SyntaxError> ParseFilter(std::string_view text) {
  std::variant<Expression, SyntaxError> parsed = Parse(text);
  if (const auto* expression = std::get_if<Expression>(&parsed)) {
    if (std::optional<SyntaxError> fault = Check(*expression)) return *fault;
  }
  return parsed;
}

}  // namespace roentgen::query
