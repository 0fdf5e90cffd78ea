#include "query/eval/cause_match.h"

#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "query/lang/filter.h"
#include "trace/model/root_cause.h"

namespace roentgen::query {
namespace {

using storage::RootCause;
using storage::TraceSummary;

// a: [a, call (remote), ] -> b: [b, x: [E1 "one", E2 "two"]] -> c, inferred.
RootCause ThreeServices() {
  return {
      .services =
          {{.service = {"a", "", ""},
            .entity_path =
                {{.name = "a", .coverage = 1.0},
                 {.name = "call", .coverage = 0.75, .remote = true}}},
           {.service = {"b", "T", "1"},
            .entity_path = {{.name = "b"},
                            {.name = "x",
                             .exceptions = {{"E1", "one"}, {"E2", "two"}}}}},
           {.service = {"c", "R", ""}, .inferred = true, .entity_path = {}}},
      .client_impacting = true};
}

bool MatchesJson(const std::string& json, const TraceSummary& summary) {
  const auto parsed = ParseFilter("rootcause.json = #" + json);
  const auto* expression = std::get_if<Expression>(&parsed);
  if (expression == nullptr) {
    ADD_FAILURE() << std::get<SyntaxError>(parsed).Message();
    return false;
  }
  return Matches(std::get<CauseJsonTest>(expression->node), summary);
}

TEST(CauseMatchTest, PatternsOfOneCause) {
  TraceSummary summary;
  summary.error_root_causes = {ThreeServices()};
  for (
      const char* json : {
          R"([{}])",
          R"([{"ClientImpacting":true}])",
          R"([{"Services":[{"Name":"a"},{"Name":"b"},{"Name":"c"}]}])",
          R"([{"Services":[{"Name":"a"},{"Name":"c"}]}])",
          R"([{"Services":[{},{},{}]}])",
          R"([{"Services":[{"Name":"a","Type":"","AccountId":""}]}])",
          R"([{"Services":[{"Names":["b"],"Type":"T","AccountId":"1"}]}])",
          R"([{"Services":[{"Inferred":true,"Name":"c"}]}])",
          R"([{"Services":[{"EntityPath":[{"Coverage":0.75}]}]}])",
          R"([{"Services":[{"EntityPath":[{"Name":"call","Remote":true}]}]}])",
          R"([{"Services":[{"EntityPath":[{"Exceptions":[{"Name":"E2"}]}]}]}])",
          R"([{"Services":[{"EntityPath":[{"Exceptions":
               [{"Name":"E1"},{"Message":"two"}]}]}]}])",
      }) {
    EXPECT_TRUE(MatchesJson(json, summary)) << json;
  }
  for (const char* json : {
           R"([{"ClientImpacting":false}])",
           R"([{"Services":[{"Name":"b"},{"Name":"a"}]}])",
           R"([{"Services":[{},{},{},{}]}])",
           R"([{"Services":[{"Name":"a"},{"Name":"a"}]}])",
           R"([{"Services":[{"Names":["b","b"]}]}])",
           R"([{"Services":[{"Name":"b","Type":""}]}])",
           R"([{"Services":[{"Name":"b","AccountId":""}]}])",
           R"([{"Services":[{"Name":"a","Inferred":true}]}])",
           R"([{"Services":[{"EntityPath":[{"Coverage":0.7}]}]}])",
           R"([{"Services":[{"Name":"b","EntityPath":[{"Coverage":1}]}]}])",
           R"([{"Services":[{"EntityPath":[{"Name":"call"},{"Name":"a"}]}]}])",
           R"([{"Services":[{"EntityPath":[{"Exceptions":
               [{"Name":"E2"},{"Name":"E1"}]}]}]}])",
           R"([{"Services":[{"EntityPath":[{"Exceptions":
               [{"Name":"E1","Message":"two"}]}]}]}])",
       }) {
    EXPECT_FALSE(MatchesJson(json, summary)) << json;
  }
}

TEST(CauseMatchTest, EachPatternHasItsCauseOfAnyKind) {
  TraceSummary summary;
  summary.fault_root_causes = {{.services = {{.service = {"f", "", ""}}}}};
  summary.response_time_root_causes = {ThreeServices()};
  EXPECT_TRUE(MatchesJson(
      R"([{"Services":[{"Name":"f"}]},{"Services":[{"Name":"a"}]}])", summary));
  EXPECT_FALSE(MatchesJson(
      R"([{"Services":[{"Name":"f"}]},{"Services":[{"Name":"z"}]}])", summary));
  EXPECT_FALSE(
      MatchesJson(R"([{"Services":[{"Name":"f"},{"Name":"a"}]}])", summary));
  EXPECT_FALSE(MatchesJson("[{}]", TraceSummary()));
}

}  // namespace
}  // namespace roentgen::query
