#include "server/http/xray_request.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "server/api_model/api_model.h"
#include "server/http/api_json.h"

namespace roentgen::server {
namespace {

using storage::TimeRangeType;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Documents(std::string body) {
  MemoryLease unbounded;
  const auto decoded = DecodePutTraceSegments(body, unbounded);
  const auto& views = std::get<std::vector<std::string_view>>(decoded);
  return {views.begin(), views.end()};
}

// "ErrorName: message", or "ok".
template <typename... T>
std::string Outcome(const std::variant<T...>& decoded) {
  const auto* error = std::get_if<AwsError>(&decoded);
  if (error == nullptr) return "ok";
  EXPECT_EQ(error->http_status, 400);
  return error->name + ": " + error->message;
}

std::string PutOutcomeOf(std::string body) {
  MemoryLease unbounded;
  return Outcome(DecodePutTraceSegments(body, unbounded));
}
std::variant<ApiValue, AwsError> Read(const char* operation, std::string body) {
  MemoryLease unbounded;
  return ReadApiRequest(*FindApiOperation(operation)->input, body, unbounded);
}
std::string BatchOutcome(std::string body) {
  return Outcome(Read("BatchGetTraces", std::move(body)));
}
std::string SummariesOutcome(std::string body) {
  return Outcome(Read("GetTraceSummaries", std::move(body)));
}

query::TraceSummariesRequest Summaries(std::string body) {
  const auto read = Read("GetTraceSummaries", std::move(body));
  const auto* request = std::get_if<ApiValue>(&read);
  EXPECT_NE(request, nullptr) << Outcome(read);
  if (request == nullptr) return {};
  return std::get<query::TraceSummariesRequest>(ToSummariesRequest(*request));
}

int64_t StartNs(const std::string& start) {
  return Summaries("{\"StartTime\":" + start + ",\"EndTime\":2}").start.ns;
}

TEST(DecodePutTraceSegmentsTest, UnescapesDocuments) {
  EXPECT_THAT(
      Documents(R"({"TraceSegmentDocuments":["{\"a\":\"\u00e9\\n\"}","b"]})"),
      ElementsAre("{\"a\":\"\xC3\xA9\\n\"}", "b"));
}

TEST(DecodePutTraceSegmentsTest, IgnoresUnknownMembersAndNullElements) {
  EXPECT_THAT(Documents(R"({"X":{"y":[1,{"z":1e400}]},)"
                        R"("TraceSegmentDocuments":[null,"a"],"Q":null})"),
              ElementsAre("a"));
}

TEST(DecodePutTraceSegmentsTest, LastOfDuplicatesWins) {
  EXPECT_THAT(Documents(R"({"TraceSegmentDocuments":["a"],)"
                        R"("TraceSegmentDocuments":["b"]})"),
              ElementsAre("b"));
}

TEST(DecodePutTraceSegmentsTest, MissingNullAndEmptyBodyAreMissing) {
  const std::string missing =
      "ValidationException: 1 validation error detected: Value null at "
      "'traceSegmentDocuments' failed to satisfy constraint: Member must not "
      "be null";
  EXPECT_EQ(PutOutcomeOf("{}"), missing);
  EXPECT_EQ(PutOutcomeOf(""), missing);
  EXPECT_EQ(PutOutcomeOf(" \n"), missing);
  EXPECT_EQ(PutOutcomeOf(R"({"TraceSegmentDocuments":null})"), missing);
  EXPECT_EQ(PutOutcomeOf(R"({"traceSegmentDocuments":["x"]})"), missing);
}

TEST(DecodePutTraceSegmentsTest, RefusesWhatIsNotJson) {
  for (const char* body :
       {"x", "{", "{]", R"({"TraceSegmentDocuments":["a"})",
        R"({"TraceSegmentDocuments":["a"]} x)", R"({"a":tru})",
        R"({"a":nul,"TraceSegmentDocuments":[]})", R"({"a":01})",
        R"({"TraceSegmentDocuments":["\x"]})", R"({"a":[1,]})", "{\"a\":\xFF}",
        R"({"a":1,})", R"({"TraceSegmentDocuments":nul})"}) {
    EXPECT_THAT(PutOutcomeOf(body), HasSubstr("SerializationException: The "))
        << body;
  }
}

TEST(DecodePutTraceSegmentsTest, RefusesWrongTypes) {
  for (const char* body : {"[]", "1", "\"x\"", "null", "true"}) {
    EXPECT_EQ(PutOutcomeOf(body),
              "SerializationException: The request body must be a JSON object.")
        << body;
  }
  for (const char* list : {"\"a\"", "{}"}) {
    EXPECT_EQ(
        PutOutcomeOf("{\"TraceSegmentDocuments\":" + std::string(list) + "}"),
        "SerializationException: 'TraceSegmentDocuments' must be an "
        "array")
        << list;
  }
  for (const char* element : {R"({"name":"x"})", "1"}) {
    EXPECT_EQ(PutOutcomeOf("{\"TraceSegmentDocuments\":[" +
                           std::string(element) + "]}"),
              "SerializationException: each of 'TraceSegmentDocuments' must be "
              "a string")
        << element;
  }
}

TEST(DecodePutTraceSegmentsTest, RefusesDeepNesting) {
  const std::string deep(5'000, '[');
  EXPECT_THAT(PutOutcomeOf("{\"a\":" + deep), HasSubstr("Serialization"));
  EXPECT_THAT(PutOutcomeOf("{\"a\":" + deep + std::string(5'000, ']') + "}"),
              HasSubstr("Serialization"));
}

// 0 when it is read, else the status of its error.
using ReadBody = int (*)(std::string& body, MemoryLease& lease);
template <typename... T>
int StatusOf(const std::variant<T...>& read) {
  const auto* error = std::get_if<AwsError>(&read);
  return error == nullptr ? 0 : error->http_status;
}

// The body and its mended copy are both there for a moment.
TEST(MendedBodyTest, NeedsRoomForBoth) {
  const std::pair<std::string, ReadBody> readers[] = {
      {R"({"TraceSegmentDocuments":[)",
       [](std::string& body, MemoryLease& lease) {
         return StatusOf(DecodePutTraceSegments(body, lease));
       }},
      {R"({"TraceIds":[)", [](std::string& body, MemoryLease& lease) {
         return StatusOf(ReadApiRequest(
             *FindApiOperation("BatchGetTraces")->input, body, lease));
       }}};
  struct Case {
    std::string text;
    size_t more;  // Bytes that it has when it is mended.
  };
  const Case cases[] = {{"\xff", 2}, {"\xff\xfe\\uDe00", 4}, {R"(\ud83d)", 0}};
  constexpr size_t kBudget = 10'000;
  for (const auto& [begin, read] : readers) {
    const std::string good = begin + "\"a\"]}";
    for (const auto& [text, more] : cases) {
      const std::string bad = begin + '"' + text + "\"]}";
      auto budget = std::make_shared<MemoryBudget>(kBudget);
      MemoryLease others(budget), lease(budget);
      ASSERT_TRUE(lease.GrowTo(bad.size()));
      const size_t copy = bad.size() + more;
      ASSERT_TRUE(others.GrowTo(kBudget - bad.size() - copy + 1));
      std::string body = bad;
      EXPECT_EQ(read(body, lease), 429) << body;
      EXPECT_EQ(body, bad);
      EXPECT_EQ(lease.bytes(), bad.size());
      body = good;
      EXPECT_EQ(read(body, lease), 0) << body;

      others.ShrinkTo(others.bytes() - 1);
      body = bad;
      EXPECT_EQ(read(body, lease), 0) << body;
      EXPECT_THAT(body, HasSubstr(more > 0 ? "\xEF\xBF\xBD" : "ufffd"));
      // What is held now is the mended one.
      EXPECT_GE(lease.bytes(), copy);
      EXPECT_LT(lease.bytes(), bad.size() + copy);
    }
  }
}

TEST(DecodeBatchGetTracesTest, ReadsIds) {
  const auto read = Read("BatchGetTraces", R"({"TraceIds":["1-a",null,"x"]})");
  EXPECT_THAT(TraceIdsOf(std::get<ApiValue>(read)), ElementsAre("1-a", "x"));
}

TEST(DecodeBatchGetTracesTest, ChecksLengthOfIds) {
  EXPECT_THAT(BatchOutcome(R"({"TraceIds":[""]})"),
              HasSubstr("ValidationException"));
  EXPECT_EQ(BatchOutcome("{\"TraceIds\":[\"" + std::string(35, 'x') + "\"]}"),
            "ok");
  EXPECT_THAT(BatchOutcome("{\"TraceIds\":[\"" + std::string(36, 'x') + "\"]}"),
              HasSubstr("ValidationException"));
  EXPECT_THAT(BatchOutcome("{}"), HasSubstr("'traceIds'"));
}

TEST(DecodeGetTraceSummariesTest, ReadsTimesExactly) {
  EXPECT_EQ(StartNs("1704067200"), 1'704'067'200'000'000'000);
  EXPECT_EQ(StartNs("1704067200.123"), 1'704'067'200'123'000'000);
  EXPECT_EQ(StartNs("1704067200.123456789"), 1'704'067'200'123'456'789);
  EXPECT_EQ(StartNs("1.7e9"), 1'700'000'000'000'000'000);
  EXPECT_EQ(StartNs("\"2024-01-01T00:00:00Z\""), 1'704'067'200'000'000'000);
  EXPECT_EQ(StartNs("\"2024-01-01T02:00:00.5+02:00\""),
            1'704'067'200'500'000'000);
  EXPECT_EQ(StartNs("\"2024-01-01T00:00:00\""), 1'704'067'200'000'000'000);
  EXPECT_EQ(StartNs("-1.5"), -1'500'000'000);
}

TEST(DecodeGetTraceSummariesTest, ReadsAllMembers) {
  const auto request = Summaries(
      R"({"StartTime":1,"EndTime":2,"TimeRangeType":"Event","Sampling":true,)"
      R"("SamplingStrategy":{"Name":"FixedRate","Value":0.5,"Other":[]},)"
      R"("FilterExpression":"fault","NextToken":"t"})");
  EXPECT_EQ(request.start, Timestamp::FromSeconds(1));
  EXPECT_EQ(request.end, Timestamp::FromSeconds(2));
  EXPECT_EQ(request.time_type, TimeRangeType::kEvent);
  EXPECT_TRUE(request.sampling);
  ASSERT_TRUE(request.strategy.has_value());
  EXPECT_EQ(request.strategy->name, query::SamplingStrategyName::kFixedRate);
  EXPECT_EQ(request.strategy->value, 0.5);
  EXPECT_EQ(request.filter_expression, "fault");
  EXPECT_EQ(request.next_token, "t");
}

TEST(DecodeGetTraceSummariesTest, HasDefaults) {
  const auto request =
      Summaries(R"({"StartTime":1,"EndTime":2,"TimeRangeType":null,)"
                R"("SamplingStrategy":null,"Sampling":null})");
  EXPECT_EQ(request.time_type, TimeRangeType::kTraceId);
  EXPECT_FALSE(request.sampling);
  EXPECT_FALSE(request.strategy.has_value());
  EXPECT_EQ(request.filter_expression, "");
}

TEST(DecodeGetTraceSummariesTest, GathersValidationErrors) {
  EXPECT_EQ(
      SummariesOutcome(R"({"EndTime":1e30,"TimeRangeType":"x"})"),
      "ValidationException: 3 validation errors detected: Value null at "
      "'startTime' failed to satisfy constraint: Member must not be null; "
      "Value '1e30' at 'endTime' failed to satisfy constraint: Member must "
      "lie between the years 1678 and 2262; Value 'x' at 'timeRangeType' "
      "failed to satisfy constraint: Member must satisfy enum value set: "
      "[TraceId, Event, Service]");
  EXPECT_THAT(SummariesOutcome(R"({"StartTime":1,"EndTime":2,)"
                               R"("SamplingStrategy":{"Name":"Half"}})"),
              HasSubstr("[PartialScan, FixedRate]"));
}

TEST(DecodeGetTraceSummariesTest, RefusesWrongTypes) {
  for (const char* member :
       {R"("StartTime":true)", R"("StartTime":"yesterday")",
        R"("StartTime":{})", R"("Sampling":"true")", R"("Sampling":1)",
        R"("FilterExpression":1)", R"("SamplingStrategy":[])",
        R"("SamplingStrategy":{"Value":"1"})", R"("TimeRangeType":1)"}) {
    EXPECT_THAT(SummariesOutcome("{\"StartTime\":1,\"EndTime\":2," +
                                 std::string(member) + "}"),
                HasSubstr("SerializationException"))
        << member;
  }
}

}  // namespace
}  // namespace roentgen::server
