#include "query/eval/evaluator.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "query/lang/expression.h"
#include "query/lang/filter.h"
#include "tests/query/filter_examples/filter_examples.h"
#include "trace/model/root_cause.h"

namespace roentgen::query {
namespace {

using storage::RootCause;
using testing_support::ExampleTrace;

ExampleTrace PlainTrace() {
  return testing_support::AssembleExample(
      {R"({"trace_id":"1-6553f100-000000000000000000000001",)"
       R"("id":"a100000000000001","name":"shop","start_time":1700000000,)"
       R"("end_time":1700000001})"});
}

bool Matches(const std::string& text, const ExampleTrace& trace) {
  auto parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << error->Message();
    return false;
  }
  return Evaluator(std::get<Expression>(std::move(parsed)))
      .Matches(trace.trace, trace.summary);
}

// Two causes: [a: [a, call], b: [b: [E "m"]]] and [c: [c]].
std::vector<RootCause> TwoCauses() {
  return {{.services = {{.service = {"a", "T", ""},
                         .entity_path = {{.name = "a", .coverage = 1.0},
                                         {.name = "call",
                                          .coverage = 0.8,
                                          .remote = true}}},
                        {.service = {"b", "", "7"},
                         .entity_path = {{.name = "b",
                                          .exceptions = {{"E", "m"},
                                                         {"F", ""}}}}}}},
          {.services = {{.service = {"c", "R", ""},
                         .inferred = true,
                         .entity_path = {{.name = "c"}}}}}};
}

void ExpectMatches(const std::vector<std::string>& yes,
                   const std::vector<std::string>& no,
                   const ExampleTrace& trace) {
  for (const std::string& text : yes) EXPECT_TRUE(Matches(text, trace)) << text;
  for (const std::string& text : no) EXPECT_FALSE(Matches(text, trace)) << text;
}

TEST(EvaluatorTest, PlacesAreCountedInEachCause) {
  ExampleTrace trace = PlainTrace();
  trace.summary.fault_root_causes = TwoCauses();
  ExpectMatches(
      {"rootcause.fault.service",
       "rootcause.fault.service { name = \"a\" first index = 0 !last }",
       "rootcause.fault.service { name = \"b\" last index = 1 !first }",
       "rootcause.fault.service { name = \"c\" first last }",
       "rootcause.fault.service { inferred type = \"R\" }",
       "rootcause.fault.service { account.id = \"7\" !type !inferred }",
       "rootcause.fault.entity { index = 2 last name = \"b\" }",
       "rootcause.fault.entity { index = 1 remote name = \"call\" }",
       "rootcause.fault.exception { first name = \"E\" message = \"m\" }",
       "rootcause.fault.exception { last name = \"F\" !message }"},
      {"rootcause.error.service", "rootcause.responsetime.service",
       "rootcause.fault.service { index = 2 }",
       "rootcause.fault.service { name = \"a\" type = \"R\" }",
       "rootcause.fault.service { index < 0 }",
       "rootcause.fault.entity { index = 3 }",
       "rootcause.fault.entity { name = \"E\" }",
       "rootcause.fault.exception { index = 2 }",
       "rootcause.fault.exception { message = \"\" }",
       "rootcause.fault.exception { name = \"F\" message != \"x\" }"},
      trace);
}

TEST(EvaluatorTest, CoverageIsOfResponseTimes) {
  ExampleTrace trace = PlainTrace();
  trace.summary.response_time_root_causes = TwoCauses();
  ExpectMatches({"rootcause.responsetime.entity { coverage = 1 AND first }",
                 "rootcause.responsetime.entity { coverage >= 0.8 AND remote }",
                 "rootcause.responsetime.entity { !coverage AND name = \"b\" }",
                 "rootcause.responsetime.entity { last AND index = 0 }"},
                {"rootcause.responsetime.entity { coverage < 0.8 }",
                 "rootcause.responsetime.entity { coverage != 1 AND !remote }",
                 "!rootcause.responsetime.entity"},
                trace);
}

TEST(EvaluatorTest, KindsOfCausesAreApart) {
  ExampleTrace trace = PlainTrace();
  trace.summary.error_root_causes = TwoCauses();
  ExpectMatches({"rootcause.error.entity", "rootcause.error.exception"},
                {"rootcause.fault.entity", "rootcause.fault.exception",
                 "rootcause.responsetime.entity"},
                trace);
}

TEST(EvaluatorTest, ConstantsStandForGroups) {
  const ExampleTrace trace = PlainTrace();
  const auto matches = [&](Expression expression) {
    return Evaluator(std::move(expression)).Matches(trace.trace, trace.summary);
  };
  EXPECT_TRUE(matches({.node = ConstantNode{true}}));
  EXPECT_FALSE(matches({.node = ConstantNode{false}}));
  EXPECT_FALSE(matches({.node = GroupTest{}}));
}

TEST(EvaluatorTest, KeywordsOutOfPlaceAreFalse) {
  const ExampleTrace trace = PlainTrace();
  for (int k = 0; k <= static_cast<int>(Keyword::kAccountId); ++k) {
    const Expression test = {
        .node =
            KeywordTest{.keyword = static_cast<Keyword>(k), .comparison = {}}};
    CauseTest cause{.kind = CauseKind::kFault,
                    .element = CauseElement::kException,
                    .body = {test}};
    Evaluator(test).Matches(trace.trace, trace.summary);
    EXPECT_FALSE(
        Evaluator({.node = cause}).Matches(trace.trace, trace.summary));
  }
}

TEST(EvaluatorTest, TreesMayBeAsDeepAsGroupsMakeThem) {
  const ExampleTrace trace = PlainTrace();
  const int levels = static_cast<int>(limits::kFilterGroupNestingMax + 1) *
                     limits::kFilterDepthMax;
  Expression tree = {.node = ConstantNode{true}};
  for (int i = 0; i < levels; ++i) {
    NotNode node;
    node.term.push_back(std::move(tree));
    tree.node = std::move(node);
  }
  EXPECT_EQ(Evaluator(std::move(tree)).Matches(trace.trace, trace.summary),
            levels % 2 == 0);
}

TEST(EvaluatorTest, AnEvaluatorServesManyTraces) {
  auto parsed = ParseFilter("service(\"shop\") { duration = 1 }");
  const Evaluator evaluator(std::get<Expression>(std::move(parsed)));
  const ExampleTrace trace = PlainTrace();
  ExampleTrace other = PlainTrace();
  other.trace.segments.clear();
  EXPECT_TRUE(evaluator.Matches(trace.trace, trace.summary));
  EXPECT_FALSE(evaluator.Matches(other.trace, other.summary));
  EXPECT_TRUE(evaluator.Matches(trace.trace, trace.summary));
}

}  // namespace
}  // namespace roentgen::query
