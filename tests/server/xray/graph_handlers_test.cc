// X-Ray's operations on the service map over HTTP: bodies and refusals.
#include "server/xray/graph_handlers.h"

#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "tests/server/http/test_client.h"
#include "tests/server/xray/xray_fixture.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::EntityText;
using testing_support::TraceNumber;

constexpr char kShop[] =
    R"({"trace_id":"TRACE","id":"0000000000000001","name":"shop",)"
    R"("origin":"AWS::ECS::Container","start_time":1700000100.05,)"
    R"("end_time":1700000100.95,"http":{"response":{"status":200}},)"
    R"("subsegments":[{"id":"0000000000000002","name":"pricing",)"
    R"("namespace":"remote","start_time":1700000100.1,)"
    R"("end_time":1700000100.8,"fault":true}]})";
constexpr char kPricing[] =
    R"({"trace_id":"TRACE","id":"0000000000000003","name":"pricing",)"
    R"("parent_id":"0000000000000002","origin":"AWS::EC2::Instance",)"
    R"("start_time":1700000100.11,"end_time":1700000100.79,"fault":true})";

class GraphHandlersTest : public XrayFixture {
 protected:
  GraphHandlersTest() : XrayFixture(1'700'000'200) {}

  void AddRoutes(HttpRouter& router) override {
    AddGraphRoutes(router, space_.Services());
  }
  void Put(std::string document) {
    document.replace(document.find("TRACE"), 5, TraceNumber(1).ToString());
    const absl::Status written = storage::WriteAndWait(
        space_->engine(), {testing_support::Record(document)});
    ASSERT_TRUE(written.ok()) << written;
  }
};

std::string Statistics(const std::string& member, const std::string& ok,
                       const std::string& fault, const std::string& seconds) {
  return "\"" + member + R"(":{"OkCount":)" + ok +
         R"(,"ErrorStatistics":{"ThrottleCount":0,"OtherCount":0,)"
         R"("TotalCount":0},"FaultStatistics":{"OtherCount":)" +
         fault + R"(,"TotalCount":)" + fault + R"(},"TotalCount":1,)" +
         R"("TotalResponseTime":)" + seconds + "}";
}

std::string Histogram(const std::string& member, const std::string& seconds) {
  return "\"" + member + R"(":[{"Value":)" + seconds + R"(,"Count":1}])";
}

// The example of the documentation; `times` stand in nodes and edges.
std::string Services(const std::string& times) {
  return R"("Services":[{"ReferenceId":0,"Name":"pricing",)"
         R"("Names":["pricing"],"Type":"AWS::EC2::Instance",)"
         R"("State":"active",)" +
         times + R"("Edges":[],)" +
         Statistics("SummaryStatistics", "0", "1", "0.68") + "," +
         Histogram("DurationHistogram", "0.68") + "," +
         Histogram("ResponseTimeHistogram", "0.68") +
         R"(},{"ReferenceId":1,"Name":"shop","Names":["shop"],"Root":true,)"
         R"("Type":"AWS::ECS::Container","State":"active",)" +
         times + R"("Edges":[{"ReferenceId":0,)" + times +
         Statistics("SummaryStatistics", "0", "1", "0.7") + "," +
         Histogram("ResponseTimeHistogram", "0.7") +
         R"(,"Aliases":[{"Name":"pricing","Names":["pricing"],)"
         R"("Type":"remote"}]}],)" +
         Statistics("SummaryStatistics", "1", "0", "0.9") + "," +
         Histogram("DurationHistogram", "0.9") + "," +
         Histogram("ResponseTimeHistogram", "0.9") +
         R"(},{"ReferenceId":2,"Name":"shop","Names":["shop"],)"
         R"("Type":"client","State":"unknown",)" +
         times + R"("Edges":[{"ReferenceId":1,)" + times +
         Statistics("SummaryStatistics", "1", "0", "0.9") + "," +
         Histogram("ResponseTimeHistogram", "0.9") + R"(,"Aliases":[]}]}])";
}

const std::string kTimes = R"("StartTime":1700000100,"EndTime":1700000101,)";

TEST_F(GraphHandlersTest, AServiceGraph) {
  Put(kShop);
  Put(kPricing);
  EXPECT_EQ(
      Call("/ServiceGraph", R"({"StartTime":1700000000,"EndTime":1700000200})")
          .body,
      "{" + kTimes + Services(kTimes) +
          R"(,"ContainsOldGroupVersions":false})");
  EXPECT_EQ(
      Call("/ServiceGraph", R"({"StartTime":1600000000,"EndTime":1600000200})")
          .body,
      R"({"Services":[],"ContainsOldGroupVersions":false})");
}

TEST_F(GraphHandlersTest, ATraceGraphHasNoTimes) {
  Put(kShop);
  Put(kPricing);
  EXPECT_EQ(
      Call("/TraceGraph", R"({"TraceIds":[")" + TraceNumber(1).ToString() +
                              R"("],"NextToken":null})")
          .body,
      "{" + Services("") + "}");
}

TEST_F(GraphHandlersTest, LinksHaveAgesInsteadOfTimes) {
  Put(kShop);
  const absl::Status written = storage::WriteAndWait(
      space_->engine(),
      {testing_support::Record(testing_support::SegmentSpec{
          .trace = 2,
          .start = 1'700'000'103.2,
          .name = "worker",
          .extra = R"("links":[{"trace_id":")" + TraceNumber(1).ToString() +
                   R"(","id":")" + EntityText(1) +
                   R"(","attributes":{"aws.xray.reserved.reference_type":)"
                   R"("parent"}}],)"})});
  ASSERT_TRUE(written.ok()) << written;
  EXPECT_THAT(
      Call("/ServiceGraph", R"({"StartTime":1700000000,"EndTime":1700000200})")
          .body,
      HasSubstr(Statistics("SummaryStatistics", "1", "0", "0") +
                R"(,"Aliases":[],"EdgeType":"link",)" +
                Histogram("ReceivedEventAgeHistogram", "2.25")));
}

TEST_F(GraphHandlersTest, ATimeSeries) {
  Put(kShop);
  Put(kPricing);
  EXPECT_EQ(Call("/TimeSeriesServiceStatistics",
                 R"({"StartTime":1700000000,"EndTime":1700000200})")
                .body,
            R"({"TimeSeriesServiceStatistics":[{"Timestamp":1700000160,)" +
                Statistics("EdgeSummaryStatistics", "1", "0", "0.9") + "," +
                Histogram("ResponseTimeHistogram", "0.9") +
                R"(}],"ContainsOldGroupVersions":false})");
  EXPECT_EQ(Call("/TimeSeriesServiceStatistics",
                 R"({"StartTime":1700000000,"EndTime":1700000500,"Period":300,)"
                 R"("ForecastStatistics":true,"EntitySelectorExpression":)"
                 R"x("service(id(name: \"pricing\"))"})x")
                .body,
            R"({"TimeSeriesServiceStatistics":[{"Timestamp":1700000400,)" +
                Statistics("ServiceSummaryStatistics", "0", "1", "0.68") +
                R"(,"ServiceForecastStatistics":{"FaultCountHigh":2,)"
                R"("FaultCountLow":0},)" +
                Histogram("ResponseTimeHistogram", "0.68") +
                R"(}],"ContainsOldGroupVersions":false})");
  EXPECT_EQ(Call("/TimeSeriesServiceStatistics",
                 R"({"StartTime":1700000000,"EndTime":1700000200,)"
                 R"x("EntitySelectorExpression":"service(\"none\")"})x")
                .body,
            R"({"TimeSeriesServiceStatistics":[{"Timestamp":1700000160}],)"
            R"("ContainsOldGroupVersions":false})");
}

TEST_F(GraphHandlersTest, WhatIsBeyondXRayIsAskedForByName) {
  Put(kShop);
  Put(kPricing);
  const std::string percentiles =
      R"("RoentgenPercentiles":{"P50":0.68,"P90":0.68,"P95":0.68,"P99":0.68})";
  const std::string range = R"({"StartTime":1700000000,"EndTime":1700000200)";
  EXPECT_THAT(Call("/ServiceGraph", range + "}").body,
              Not(HasSubstr("Roentgen")));
  EXPECT_THAT(
      Call("/ServiceGraph", range + R"(,"RoentgenPercentiles":true})").body,
      HasSubstr(percentiles));
  EXPECT_THAT(
      Call("/TraceGraph", R"({"RoentgenPercentiles":true,"TraceIds":[")" +
                              TraceNumber(1).ToString() + R"("]})")
          .body,
      HasSubstr(percentiles));
  EXPECT_EQ(
      Call("/ServiceGraph", range + R"(,"RoentgenFilterExpression":"fault"})")
          .body,
      R"({"Services":[],"ContainsOldGroupVersions":false,)"
      R"("RoentgenProgress":{"ToExamine":1,"Examined":1,"Matched":0,)"
      R"("Incomplete":false}})");
  EXPECT_THAT(
      Call("/ServiceGraph", range + R"(,"RoentgenCompareStartTime":1600000000,)"
                                    R"("RoentgenCompareEndTime":1600000060})")
          .body,
      HasSubstr(R"("RoentgenChanges":[{"Change":"appeared","Severity":1,)"
                R"("Service":{"Name":"pricing","Names":["pricing"],)"
                R"("Type":"AWS::EC2::Instance"},"Before":{"TotalCount":0,)"
                R"("FaultShare":0,"ErrorShare":0,"P50":0,"P95":0},"After":)"
                R"({"TotalCount":1,"FaultShare":1,"ErrorShare":0,"P50":0.68,)"
                R"("P95":0.68}})"));
}

TEST_F(GraphHandlersTest, RefusesLegalRequestsInXRaysWords) {
  const auto invalid = [](const std::string& message) {
    return R"(InvalidRequestException: {"Message":")" + message +
           R"(","message":")" + message + R"("})";
  };
  const std::string range = R"({"StartTime":1,"EndTime":2,)";
  const struct {
    const char* path;
    std::string body;
    const char* message;
  } kCases[] = {
      {"/ServiceGraph", R"({"StartTime":2,"EndTime":1})",
       "End time cannot be earlier than start time"},
      {"/ServiceGraph", range + R"("NextToken":"a"})",
       "NextToken is currently not supported"},
      {"/ServiceGraph", range + R"("GroupName":"a"})", "Group not found."},
      {"/ServiceGraph", range + R"("GroupARN":"a"})", "Group not found."},
      {"/TraceGraph", R"({"TraceIds":[]})", "Zero trace ids provided"},
      {"/TraceGraph", R"({"TraceIds":["x"]})",
       "Invalid traceId. ErrorCode: InvalidId"},
      {"/TraceGraph", R"({"TraceIds":["1-66f01000-0123456789abcdef01234567"]})",
       "Trace id not found"},
      {"/TimeSeriesServiceStatistics", range + R"("Period":61})",
       "Time period must be one of [60, 300]"},
      {"/TimeSeriesServiceStatistics", range + R"("Period":-60})",
       "Time period must be one of [60, 300]"},
      {"/TimeSeriesServiceStatistics", range + R"("ForecastStatistics":true})",
       "ForecastStatistics needs an EntitySelectorExpression with id()"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Refusal(c.path, c.body), invalid(c.message)) << c.body;
  }
}

TEST_F(GraphHandlersTest, RefusesWhatTheModelForbids) {
  for (const char* path : {"/ServiceGraph", "/TimeSeriesServiceStatistics"}) {
    EXPECT_THAT(
        Refusal(path, "{}"),
        HasSubstr("ValidationException: {\"Message\":\"2 validation errors "
                  "detected: Value null at 'startTime' failed to satisfy "
                  "constraint: Member must not be null; Value null at "
                  "'endTime'"));
    EXPECT_THAT(Refusal(path, R"({"StartTime":{},"EndTime":1})"),
                HasSubstr("SerializationException"));
    EXPECT_THAT(
        Refusal(path, R"({"StartTime":1,"EndTime":2,"GroupName":""})"),
        HasSubstr("'groupName' failed to satisfy constraint: Member must have "
                  "length from 1 to 32"));
    EXPECT_THAT(Refusal(path, R"({"StartTime":1e300,"EndTime":2})"),
                HasSubstr("Member must lie between the years 1678 and 2262"));
  }
  EXPECT_THAT(Refusal("/TraceGraph", "{}"), HasSubstr("'traceIds'"));
  EXPECT_THAT(Refusal("/TraceGraph", R"({"TraceIds":[""]})"),
              HasSubstr("Member must have length from 1 to 35"));
  for (const std::string& selector : {std::string(), std::string(501, 'a')}) {
    EXPECT_THAT(Refusal("/TimeSeriesServiceStatistics",
                        R"({"StartTime":1,"EndTime":2,)"
                        R"("EntitySelectorExpression":")" +
                            selector + R"("})"),
                HasSubstr("Member must have length from 1 to 500"));
  }
  EXPECT_THAT(
      Refusal("/ServiceGraph",
              R"({"StartTime":1,"EndTime":2,"RoentgenCompareEndTime":1})"),
      HasSubstr("RoentgenCompareStartTime and RoentgenCompareEndTime go "
                "together"));
  for (const char* period : {"60.5", "-1e300", "3e9"}) {
    EXPECT_THAT(Refusal("/TimeSeriesServiceStatistics",
                        R"({"StartTime":1,"EndTime":2,"Period":)" +
                            std::string(period) + "}"),
                HasSubstr("'Period' must be a whole number of 32 bits"))
        << period;
  }
}

TEST_F(GraphHandlersTest, AFullPoolThrottles) {
  StartServer({.threads = 1, .queue_max = 0});
  const TestResponse response =
      Call("/ServiceGraph", R"({"StartTime":1,"EndTime":2})");
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("Too many requests are waiting."));
}

}  // namespace
}  // namespace roentgen::server
