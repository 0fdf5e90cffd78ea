// Every keyword has a value wherever it may stand: a row of the table whose
// value the evaluator does not know matches nothing, without a word.
#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "query/eval/evaluator.h"
#include "query/lang/filter.h"
#include "query/lang/keyword_table.h"
#include "tests/query/filter_examples/filter_examples.h"

namespace roentgen::query {
namespace {

using testing_support::ExampleTrace;

struct Place {
  Scope scope;
  std::string before;
  std::string after;
};

const Place kPlaces[] = {
    {Scope::kTrace, "", ""},
    {Scope::kService, "service() { ", " }"},
    {Scope::kEdge, "edge(id(type: \"client\"), \"shop\") { ", " }"},
    {Scope::kCauseService, "rootcause.fault.service { ", " }"},
    {Scope::kCauseEntity, "rootcause.fault.entity { ", " }"},
    {Scope::kResponseTimeEntity, "rootcause.responsetime.entity { ", " }"},
    {Scope::kCauseException, "rootcause.fault.exception { ", " }"},
};

// A trace that has a value of everything.
std::vector<ExampleTrace> Traces() {
  std::vector<ExampleTrace> traces;
  const std::string id = R"("trace_id":"1-6553f100-000000000000000000000001")";
  traces.push_back(testing_support::AssembleExample(
      {"{" + id +
       R"(,"id":"00000000000000a1","name":"shop","start_time":1,)"
       R"("end_time":5,"origin":"AWS::EC2::Instance","user":"ann",)"
       R"("resource_arn":"arn:x","aws":{"account_id":"1","ec2":)"
       R"({"instance_id":"i-1","availability_zone":"z"}},"http":)"
       R"({"request":{"method":"GET","url":"u","user_agent":"a",)"
       R"("client_ip":"1.2.3.4"},"response":{"status":500}},)"
       R"("fault":true,"subsegments":[{"id":"00000000000000b1",)"
       R"("name":"work","start_time":1,"end_time":5,"fault":true,)"
       R"("subsegments":[{"id":"00000000000000c1","name":"pay",)"
       R"("namespace":"remote","start_time":1,"end_time":5,)"
       R"("fault":true,"http":{"response":{"status":502}},"cause":)"
       R"({"exceptions":[{"id":"00000000000000e1","type":"E",)"
       R"("message":"m"}]}}]}]})"}));
  const std::string other =
      R"("trace_id":"1-6553f100-000000000000000000000002")";
  for (const char* outcome :
       {R"("error":true)", R"("throttle":true)", R"("fault":false)"}) {
    traces.push_back(testing_support::AssembleExample(
        {"{" + other +
             R"(,"id":"00000000000000a1","name":"shop","start_time":1,)"
             R"("end_time":2,"parent_id":"00000000000000ff",)" +
             outcome + "}",
         "{" + other +
             R"(,"id":"00000000000000a2","name":"shop","start_time":1,)"
             R"("end_time":2,)" +
             outcome + "}"}));
  }
  // A fault that ends in a call nobody answered.
  traces.push_back(testing_support::AssembleExample(
      {R"({"trace_id":"1-6553f100-000000000000000000000003","id":)"
       R"("00000000000000a1","name":"shop","origin":"AWS::EC2::Instance",)"
       R"("start_time":1,"end_time":5,"fault":true,"aws":{"account_id":"1"},)"
       R"("subsegments":[{"id":"00000000000000b1","name":"pay","namespace":)"
       R"("remote","start_time":1,"end_time":5,"fault":true}]})"}));
  return traces;
}

TEST(KeywordValuesTest, EveryKeywordHasAValueWhereverItMayStand) {
  const std::vector<ExampleTrace> traces = Traces();
  for (const KeywordRow& row : KeywordRows()) {
    for (const Place& place : kPlaces) {
      if (!row.IsAllowedIn(place.scope)) continue;
      const std::string text =
          place.before + std::string(row.name) + place.after;
      auto parsed = ParseFilter(text);
      ASSERT_TRUE(std::holds_alternative<Expression>(parsed)) << text;
      const Evaluator evaluator(std::get<Expression>(std::move(parsed)));
      bool any = false;
      for (const ExampleTrace& trace : traces) {
        any |= evaluator.Matches(trace.trace, trace.summary);
      }
      EXPECT_TRUE(any) << text;
    }
  }
}

TEST(KeywordValuesTest, EveryKeywordHasARow) {
  // Keyword is numbered in the order of its enumerators; kAccountId is the
  // last.
  EXPECT_EQ(KeywordRows().size(), static_cast<size_t>(Keyword::kAccountId) + 1);
  for (size_t i = 0; i < KeywordRows().size(); ++i) {
    EXPECT_EQ(RowOf(static_cast<Keyword>(i)).keyword, static_cast<Keyword>(i));
  }
}

}  // namespace
}  // namespace roentgen::query
