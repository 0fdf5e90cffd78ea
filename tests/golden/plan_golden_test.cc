// Expressions in, plans out: what the index is asked, as a text file.
//
// In: an expression. Out: its plan.
#include <string>
#include <variant>

#include "query/lang/filter.h"
#include "query/plan/planner.h"
#include "tests/golden/case_file.h"

namespace roentgen::query {
namespace {

std::string Run(const std::string& text) {
  const auto parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    return error->Message() + "\n";
  }
  const storage::TracePredicate plan = PlanFilter(std::get<Expression>(parsed));
  return (IsExact(plan) ? "" : "in part:\n") + Describe(plan);
}

}  // namespace
}  // namespace roentgen::query

int main(int argc, char** argv) {
  using roentgen::testing_support::JoinLines;
  return roentgen::testing_support::RunGoldenFiles(
      argc, argv,
      [](const auto& lines) { return roentgen::query::Run(JoinLines(lines)); });
}
