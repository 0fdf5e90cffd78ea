// Expressions in, trees out: the filter language as a text file.
//
// In: an expression. Out: its tree, "--", its canonical text; or what is wrong
// with it.
//
// Of each case is checked besides: the canonical text parses to the same tree,
// blanks at the end change nothing, every beginning of it gives a tree or an
// error that lies within it.
#include <cstddef>
#include <string>
#include <variant>

#include "query/lang/filter.h"
#include "query/lang/parser.h"
#include "query/lang/printer.h"
#include "tests/golden/case_file.h"
#include "tests/query/lang/tree_text.h"

namespace roentgen::query {
namespace {

using Parsed = std::variant<Expression, SyntaxError>;

std::string Run(const std::string& text) {
  const Parsed parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    return error->Display(text);
  }
  const auto& expression = std::get<Expression>(parsed);
  return TreeText(expression) + "--\n" + Print(expression) + "\n";
}

// What is wrong with what holds for every expression; empty when nothing is.
std::string BreachOf(const std::string& text) {
  const Parsed parsed = ParseFilter(text);
  const auto* tree = std::get_if<Expression>(&parsed);
  const Parsed blanks = ParseFilter(text + " \t\n ");
  const auto* other = std::get_if<Expression>(&blanks);
  if ((tree == nullptr) != (other == nullptr) ||
      (tree != nullptr && *tree != *other)) {
    return "blanks at the end matter";
  }
  if (tree != nullptr) {
    const Parsed again = ParseFilter(Print(*tree));
    const auto* same = std::get_if<Expression>(&again);
    if (same == nullptr) return "canonical text is refused";
    if (*same != *tree) return "canonical text is another tree";
    if (Print(*same) != Print(*tree)) return "printing does not settle";
  }
  for (size_t n = 0; n < text.size(); ++n) {
    const Parsed part = ParseFilter(text.substr(0, n));
    const auto* error = std::get_if<SyntaxError>(&part);
    if (error != nullptr && error->position.line == 1 &&
        error->position.column > n + 1) {
      return "error beyond the end of a beginning";
    }
  }
  return "";
}

}  // namespace
}  // namespace roentgen::query

int main(int argc, char** argv) {
  using roentgen::testing_support::JoinLines;
  return roentgen::testing_support::RunGoldenFiles(
      argc, argv,
      [](const auto& lines) { return roentgen::query::Run(JoinLines(lines)); },
      [](const auto& lines) {
        return roentgen::query::BreachOf(JoinLines(lines));
      });
}
