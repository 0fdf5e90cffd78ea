// Every row of the example files: an expression matches the traces it says.
#include "tests/query/filter_examples/filter_examples.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "query/eval/evaluator.h"
#include "query/lang/filter.h"
#include "query/lang/groups.h"

namespace roentgen::query {
namespace {

using testing_support::ExampleExpression;
using testing_support::ExampleTrace;

class ExampleGroups : public GroupLookup {
 public:
  std::optional<GroupFilter> FindByName(std::string_view name) const override {
    for (const GroupFilter& group : kGroups) {
      if (group.name == name) return group;
    }
    return std::nullopt;
  }
  std::optional<GroupFilter> FindByArn(std::string_view arn) const override {
    if (!arn.starts_with("arn:")) return std::nullopt;
    return FindByName(arn.substr(4));
  }

 private:
  const std::vector<GroupFilter> kGroups = {
      {"slow", "duration > 5"},
      {"Default", ""},
      {"short", "duration = 0.3"},
      {"nested", "group.name = \"short\" OR group.arn = \"arn:anns\""},
      {"anns", "user = \"ann\""},
      {"circle", "user = \"ann\" OR group.name = \"circle2\""},
      {"circle2", "group.name = \"circle\""},
      {"self", "group.name = \"self\""},
  };
};

std::string ResultOf(const std::string& text,
                     const std::vector<ExampleTrace>& traces) {
  auto parsed = ParseFilter(text);
  if (std::holds_alternative<SyntaxError>(parsed)) return "400";
  auto resolved =
      ResolveGroups(std::get<Expression>(std::move(parsed)), ExampleGroups());
  if (!resolved.ok()) return resolved.status().ToString();
  const Evaluator evaluator(*std::move(resolved));
  std::string out;
  for (const ExampleTrace& trace : traces) {
    if (!evaluator.Matches(trace.trace, trace.summary)) continue;
    out += (out.empty() ? "" : " ") + trace.name;
  }
  return out.empty() ? "none" : out;
}

void ExpectAll(const std::string& traces_file, const std::string& rows_file) {
  const auto traces = testing_support::ReadExampleTraces(traces_file);
  const auto rows = testing_support::ReadExampleExpressions(rows_file);
  ASSERT_FALSE(traces.empty());
  ASSERT_FALSE(rows.empty());
  for (const ExampleExpression& row : rows) {
    EXPECT_EQ(ResultOf(row.expression, traces), row.result) << row.expression;
  }
}

TEST(FilterExamplesTest, DocumentedExpressionsMatchWhatTheyShould) {
  ExpectAll("traces.jsonl", "expressions.tsv");
}

TEST(FilterExamplesTest, CornersMatchWhatTheyShould) {
  ExpectAll("corner_traces.jsonl", "corner_expressions.tsv");
}

TEST(FilterExamplesTest, EveryDocumentedRowIsThere) {
  EXPECT_EQ(testing_support::ReadExampleExpressions("expressions.tsv").size(),
            82u);
}

}  // namespace
}  // namespace roentgen::query
