// Expressions in, trees out: the filter language as a text file.
//
// A case is: comment lines ("# "), an expression, "--", its tree, "--", its
// canonical text; or after the first "--" what is wrong with it. Cases are
// parted by "==".
//   bazel-bin/tests/golden/filter_golden_test --update FILE...
// rewrites all but the expressions; the diff is the review.
//
// Of each case is checked besides: the canonical text parses to the same tree,
// blanks at the end change nothing, every beginning of it gives a tree or an
// error that lies within it.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/lang/filter.h"
#include "query/lang/parser.h"
#include "query/lang/printer.h"
#include "tests/query/lang/tree_text.h"

namespace roentgen::query {
namespace {

struct Case {
  std::string comments;
  std::string expression;
  std::string expected;
};

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

std::vector<Case> ReadCases(const std::string& path) {
  std::ifstream in(path);
  std::vector<Case> cases(1);
  bool output = false;
  for (std::string line; std::getline(in, line);) {
    Case& c = cases.back();
    if (line == "==") {
      cases.emplace_back();
      output = false;
    } else if (output) {
      c.expected += line + "\n";
    } else if (line == "--") {
      output = true;
    } else if (line.starts_with("# ")) {
      c.comments += line + "\n";
    } else {
      c.expression += (c.expression.empty() ? "" : "\n") + line;
    }
  }
  return cases;
}

int Main(int argc, char** argv) {
  bool update = false;
  int passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") {
      update = true;
      continue;
    }
    std::ostringstream text;
    const char* separator = "";
    for (const Case& c : ReadCases(argv[i])) {
      const std::string actual = Run(c.expression);
      const std::string breach = BreachOf(c.expression);
      if (actual == c.expected && breach.empty()) {
        ++passed;
      } else if (++failed; !update || !breach.empty()) {
        std::cout << argv[i] << "\n"
                  << c.comments << c.expression << "\nexpected:\n"
                  << c.expected << "actual:\n"
                  << actual << breach << "\n";
      }
      text << separator << c.comments << c.expression << "\n--\n" << actual;
      separator = "==\n";
    }
    if (update) std::ofstream(argv[i]) << text.str();
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace roentgen::query

int main(int argc, char** argv) { return roentgen::query::Main(argc, argv); }
