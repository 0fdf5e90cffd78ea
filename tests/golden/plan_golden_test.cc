// Expressions in, plans out: what the index is asked, as a text file.
//
// A case is: comment lines ("# "), an expression, "--", its plan. Cases are
// parted by "==".
//   bazel-bin/tests/golden/plan_golden_test --update FILE...
// rewrites all but the expressions; the diff is the review.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/lang/filter.h"
#include "query/plan/planner.h"

namespace roentgen::query {
namespace {

struct Case {
  std::string comments;
  std::string expression;
  std::string expected;
};

std::string Run(const std::string& text) {
  const auto parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    return error->Message() + "\n";
  }
  const storage::TracePredicate plan = PlanFilter(std::get<Expression>(parsed));
  return (IsExact(plan) ? "" : "in part:\n") + Describe(plan);
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
      if (actual == c.expected) {
        ++passed;
      } else if (++failed; !update) {
        std::cout << argv[i] << "\n"
                  << c.comments << c.expression << "\nexpected:\n"
                  << c.expected << "actual:\n"
                  << actual << "\n";
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
