// Answers of all operations of X-Ray against the model's table, from the wired
// server on a real store; and what of them survives a restart.
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/listen_address.h"
#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "server/app/server.h"
#include "server/xray/api_json.h"
#include "server/xray/model/api_check.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kDefaultPriority[] = R"("Priority":10000)";
constexpr char kTrace[] = "1-66f01000-0123456789abcdef01234567";
constexpr char kRule[] =
    R"({"RuleName":"cart","ResourceARN":"*","Priority":500,"FixedRate":0.5,)"
    R"("ReservoirSize":2,"ServiceName":"shop-*","ServiceType":"*","Host":"*",)"
    R"("HTTPMethod":"GET","URLPath":"/cart/*","Version":1,)"
    R"("Attributes":{"a":"b"},"SamplingRateBoost":{"MaxRate":0.9,)"
    R"("CooldownWindowMinutes":5}})";
constexpr char kPolicy[] =
    R"({\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"xray:*\"}]})";
constexpr char kGroupArn[] =
    "arn:aws:xray:us-east-1:000000000000:group/Default";
constexpr char kRuleArn[] =
    "arn:aws:xray:us-east-1:000000000000:sampling-rule/cart";

class ApiAnswersTest : public testing::Test {
 protected:
  ApiAnswersTest() {
    config_.data_dir = std::string(std::getenv("TEST_TMPDIR")) + "/answers";
    std::filesystem::remove_all(config_.data_dir);
    config_.xray_http_listen = {"127.0.0.1:0"};
    config_.xray_udp_listen = {};
    config_.grpc_listen = {};
    config_.otlp_http_listen = {};
    config_.admin_http_listen = {};
    config_.log_level = "off";
    Restart();
  }

  void Restart() {
    client_.reset();
    server_.reset();
    auto server = Server::Start(config_, SystemClock());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    client_ = std::make_unique<TestClient>(
        ListenAddress::Parse(server_->addresses().Of("xray_http")[0])->port);
  }

  // The answer's text, which must keep to its shape and have nothing else.
  std::string Call(std::string_view operation, std::string_view body) {
    const ApiOperation& op = *FindApiOperation(operation);
    client_->Send(Post(op.path, body));
    const TestResponse response = client_->Read();
    EXPECT_EQ(response.status, 200) << operation << body << response.body;
    EXPECT_EQ(response.headers.at("content-type"), "application/json");
    std::string text = response.body;
    // The rule Default is above the model's own bound, as in AWS.
    const size_t priority = text.find(kDefaultPriority);
    const bool has_default = priority != text.npos;
    if (has_default) text.replace(priority, 16, R"("Priority":9999)");
    MemoryLease unbounded;
    const auto read = ReadApiJson(*op.output, text, unbounded);
    const auto* answer = std::get_if<ApiValue>(&read);
    EXPECT_NE(answer, nullptr) << operation << response.body;
    if (answer == nullptr) return "";
    EXPECT_EQ(CheckAnswer(*op.output, *answer), "") << operation;
    std::string again;
    AppendJson(*answer, again);
    if (has_default) again.replace(priority, 15, kDefaultPriority);
    EXPECT_EQ(again, response.body) << operation << " has more than its shape";
    called_.insert(std::string(operation));
    return response.body;
  }

  // A member's value, up to the next quote.
  static std::string TextOf(const std::string& answer, std::string_view name) {
    const std::string key = '"' + std::string(name) + "\":\"";
    const size_t at = answer.find(key);
    if (at == answer.npos) return "";
    const size_t begin = at + key.size();
    return answer.substr(begin, answer.find('"', begin) - begin);
  }

  std::string TagsOf(const std::string& resource) {
    return Call("ListTagsForResource",
                R"({"ResourceARN":")" + resource + R"("})");
  }
  void CheckGroupsAndTags();

  void PutTraces() {
    EXPECT_EQ(
        Call("PutTraceSegments",
             R"({"TraceSegmentDocuments":["{\"name\":\"shop\",)"
             R"(\"id\":\"a1b2c3d4e5f60718\",\"trace_id\":\")" +
                 std::string(kTrace) +
                 R"(\",\"start_time\":1727008768.1,\"end_time\":1727008768.35,)"
                 R"(\"http\":{\"response\":{\"status\":503}},\"user\":\"u\",)"
                 R"(\"annotations\":{\"k\":1},\"subsegments\":[{\"name\":)"
                 R"(\"db\",\"id\":\"a1b2c3d4e5f60719\",\"namespace\":)"
                 R"(\"remote\",\"start_time\":1727008768.1,\"end_time\":)"
                 R"(1727008768.2,\"fault\":true}]}"]})"),
        R"({"UnprocessedTraceSegments":[]})");
  }

  Config config_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<TestClient> client_;
  std::set<std::string> called_;
};

void ApiAnswersTest::CheckGroupsAndTags() {
  const std::string group = Call(
      "CreateGroup", R"({"GroupName":"checkout","FilterExpression":"fault",)"
                     R"("InsightsConfiguration":{"InsightsEnabled":true},)"
                     R"("Tags":[{"Key":"team","Value":"shop"}]})");
  const std::string arn = TextOf(group, "GroupARN");
  EXPECT_EQ(Call("GetGroup", R"({"GroupARN":")" + arn + R"("})"), group);
  EXPECT_THAT(Call("UpdateGroup", R"({"GroupName":"checkout",)"
                                  R"("FilterExpression":"error"})"),
              HasSubstr("error"));
  EXPECT_THAT(Call("GetGroups", ""), HasSubstr(arn));
  EXPECT_EQ(TagsOf(arn), R"({"Tags":[{"Key":"team","Value":"shop"}]})");
  EXPECT_EQ(Call("TagResource", R"({"ResourceARN":")" + arn +
                                    R"(","Tags":[{"Key":"a","Value":""}]})"),
            "{}");
  EXPECT_EQ(Call("UntagResource",
                 R"({"ResourceARN":")" + arn + R"(","TagKeys":["team","x"]})"),
            "{}");
  EXPECT_EQ(TagsOf(arn), R"({"Tags":[{"Key":"a","Value":""}]})");
  EXPECT_EQ(TagsOf(kGroupArn), R"({"Tags":[]})");
}

constexpr char kRange[] = R"("StartTime":1727008700,"EndTime":1727008900)";

TEST_F(ApiAnswersTest, EveryAnswerKeepsToItsShape) {
  PutTraces();
  const std::string ids = R"("TraceIds":[")" + std::string(kTrace) + R"("])";
  const std::string range = kRange;
  // Traces and the map.
  EXPECT_THAT(Call("BatchGetTraces", "{" + ids + "}"), HasSubstr("inferred"));
  EXPECT_THAT(Call("GetTraceSummaries", "{" + range + "}"),
              HasSubstr(R"("HasFault":true)"));
  EXPECT_THAT(Call("GetTraceGraph", "{" + ids + "}"), HasSubstr("shop"));
  EXPECT_THAT(Call("GetServiceGraph", "{" + range + "}"), HasSubstr("shop"));
  EXPECT_THAT(Call("GetTimeSeriesServiceStatistics", "{" + range + "}"),
              HasSubstr("EdgeSummaryStatistics"));
  const std::string selector =
      R"x(,"EntitySelectorExpression":"id(name: \"shop\")"})x";
  EXPECT_THAT(Call("GetTimeSeriesServiceStatistics",
                   "{" + range + R"(,"ForecastStatistics":true)" + selector),
              HasSubstr("FaultCountHigh"));
  CheckGroupsAndTags();
  // Sampling.
  EXPECT_THAT(Call("CreateSamplingRule",
                   R"({"SamplingRule":)" + std::string(kRule) + "}"),
              HasSubstr(kRuleArn));
  EXPECT_THAT(Call("GetSamplingRules", ""), HasSubstr(kRuleArn));
  EXPECT_THAT(
      Call("UpdateSamplingRule", R"({"SamplingRuleUpdate":{"RuleName":"cart",)"
                                 R"("FixedRate":0}})"),
      HasSubstr(R"("FixedRate":0,)"));
  EXPECT_EQ(TagsOf(kRuleArn), R"({"Tags":[]})");
  EXPECT_THAT(
      Call("GetSamplingTargets",
           R"({"SamplingStatisticsDocuments":[{"RuleName":"Default",)"
           R"("ClientID":"0123456789abcdef01234567","Timestamp":1,)"
           R"("RequestCount":9,"SampledCount":1}],)"
           R"("SamplingBoostStatisticsDocuments":[{"RuleName":"none",)"
           R"("ServiceName":"s","Timestamp":1,"AnomalyCount":1,"TotalCount":2,)"
           R"("SampledAnomalyCount":0}]})"),
      HasSubstr("Unknown rule"));
  Call("GetSamplingStatisticSummaries", "{}");
  EXPECT_THAT(Call("DeleteSamplingRule", R"({"RuleName":"cart"})"),
              HasSubstr(kRuleArn));
  // Insights; InsightService's own tests have some.
  EXPECT_EQ(Call("GetInsightSummaries",
                 "{" + range + R"(,"GroupName":"checkout","States":[]})"),
            R"({"InsightSummaries":[]})");
  // Account.
  EXPECT_THAT(
      Call("PutResourcePolicy", R"({"PolicyName":"p","PolicyDocument":")" +
                                    std::string(kPolicy) + R"("})"),
      HasSubstr(R"("PolicyRevisionId":"1")"));
  EXPECT_THAT(Call("ListResourcePolicies", "{}"), HasSubstr(kPolicy));
  EXPECT_EQ(Call("DeleteResourcePolicy", R"({"PolicyName":"p"})"), "{}");
  EXPECT_THAT(Call("PutEncryptionConfig", R"({"Type":"NONE"})"),
              HasSubstr("UPDATING"));
  EXPECT_THAT(Call("GetEncryptionConfig", ""), HasSubstr("ACTIVE"));
  EXPECT_THAT(Call("UpdateTraceSegmentDestination",
                   R"({"Destination":"CloudWatchLogs"})"),
              HasSubstr("PENDING"));
  EXPECT_THAT(Call("GetTraceSegmentDestination", ""), HasSubstr("ACTIVE"));
  EXPECT_THAT(
      Call("UpdateIndexingRule", R"({"Name":"Default","Rule":{"Probabilistic":)"
                                 R"({"DesiredSamplingPercentage":5}}})"),
      HasSubstr(R"("DesiredSamplingPercentage":5)"));
  Call("GetIndexingRules", "{}");
  EXPECT_EQ(Call("PutTelemetryRecords",
                 R"({"TelemetryRecords":[{"Timestamp":1,)"
                 R"("SegmentsReceivedCount":12,"BackendConnectionErrors":)"
                 R"({"TimeoutCount":1}}],"Hostname":""})"),
            "{}");
  // Retrievals.
  const std::string token =
      TextOf(Call("StartTraceRetrieval", "{" + ids + "," + range + "}"),
             "RetrievalToken");
  const std::string by_token = R"({"RetrievalToken":")" + token + '"';
  EXPECT_THAT(Call("ListRetrievedTraces", by_token + "}"),
              HasSubstr("a1b2c3d4e5f60718"));
  EXPECT_THAT(
      Call("ListRetrievedTraces", by_token + R"(,"TraceFormat":"OTEL"})"),
      HasSubstr(R"(\"startTimeUnixNano\":\"1727008768100000000\")"));
  EXPECT_THAT(Call("GetRetrievedTracesGraph", by_token + "}"),
              HasSubstr("shop"));
  EXPECT_EQ(Call("CancelTraceRetrieval", by_token + "}"), "{}");
  EXPECT_EQ(Call("DeleteGroup", R"({"GroupName":"checkout"})"), "{}");

  std::set<std::string> not_called;
  for (const ApiOperation& op : ApiOperations()) {
    if (!called_.contains(std::string(op.name))) {
      not_called.emplace(op.name);
    }
  }
  EXPECT_EQ(not_called, (std::set<std::string>{"GetInsight", "GetInsightEvents",
                                               "GetInsightImpactGraph"}));
}

TEST_F(ApiAnswersTest, StateSurvivesARestart) {
  PutTraces();
  Call("CreateGroup", R"({"GroupName":"g","FilterExpression":"fault",)"
                      R"("Tags":[{"Key":"k","Value":"v"}]})");
  Call("TagResource", R"({"ResourceARN":")" + std::string(kGroupArn) +
                          R"(","Tags":[{"Key":"d","Value":"e"}]})");
  Call("CreateSamplingRule", R"({"SamplingRule":)" + std::string(kRule) + "}");
  Call("PutResourcePolicy", R"({"PolicyName":"p","PolicyDocument":")" +
                                std::string(kPolicy) + R"("})");
  Call("UpdateTraceSegmentDestination", R"({"Destination":"CloudWatchLogs"})");
  Call("UpdateIndexingRule", R"({"Name":"Default","Rule":{"Probabilistic":)"
                             R"({"DesiredSamplingPercentage":7.5}}})");
  const std::string token = TextOf(
      Call("StartTraceRetrieval",
           R"({"TraceIds":[")" + std::string(kTrace) + R"("],)" + kRange + "}"),
      "RetrievalToken");
  const auto state = [&] {
    std::string out;
    for (const char* read :
         {"GetGroups", "GetSamplingRules", "ListResourcePolicies",
          "GetTraceSegmentDestination", "GetIndexingRules"}) {
      out += Call(read, "{}");
    }
    out += Call("ListTagsForResource",
                R"({"ResourceARN":")" + std::string(kGroupArn) + R"("})");
    out += Call("GetSamplingTargets", R"({"SamplingStatisticsDocuments":[]})");
    out +=
        Call("ListRetrievedTraces", R"({"RetrievalToken":")" + token + R"("})");
    return out;
  };
  const std::string before = state();
  EXPECT_THAT(before, HasSubstr(R"({"Key":"d","Value":"e"})"));
  Restart();
  EXPECT_EQ(state(), before);
}

// SDKs for Java send milliseconds. What a sender's clock says is never a reason
// to refuse what it counted.
TEST_F(ApiAnswersTest, SendersTimesMayBeAnything) {
  const std::string seconds = "1795998995";
  const std::string iso = "2026-11-30T00:36:35.416+00:00";
  const std::vector<std::string> times = {seconds,
                                          seconds + ".25",
                                          "1.7e9",
                                          seconds + "123",
                                          seconds + "123.5",
                                          seconds + "123456",
                                          seconds + "123456789",
                                          "\"" + seconds + "123\"",
                                          "\"" + iso + "\"",
                                          "\"2026-11-30T00:00:00.000+0000\"",
                                          "\"soon\"",
                                          "\"\"",
                                          "0",
                                          "-1",
                                          "-1e300",
                                          "1e11",
                                          "1e300",
                                          "99999999999999999999999999"};
  for (const std::string& time : times) {
    const std::string answer = Call(
        "GetSamplingTargets",
        R"({"SamplingStatisticsDocuments":[{"RuleName":"Default",)"
        R"("ClientID":"0123456789abcdef01234567","Timestamp":)" +
            time +
            R"(,"RequestCount":9,"SampledCount":1}],)"
            R"("SamplingBoostStatisticsDocuments":[{"RuleName":"Default",)"
            R"("ServiceName":"s","Timestamp":)" +
            time +
            R"(,"AnomalyCount":1,"TotalCount":2,"SampledAnomalyCount":0}]})");
    EXPECT_THAT(answer, HasSubstr(R"("RuleName":"Default")")) << time;
    Call("PutTelemetryRecords",
         R"({"TelemetryRecords":[{"Timestamp":)" + time + "}]}");
  }
}

// X-Ray's SDK for Java up to 2.18 drops an answer with a member it does not
// know, and with it every quota and rate.
TEST_F(ApiAnswersTest, OnlyWhoReportsBoostsIsToldOfThem) {
  const std::string update =
      R"({"SamplingRuleUpdate":{"RuleName":"Default","FixedRate":0.05,)"
      R"("SamplingRateBoost":{"MaxRate":0.9,"CooldownWindowMinutes":5}}})";
  Call("UpdateSamplingRule", update);
  const auto report = [](std::string_view more) {
    return R"({"SamplingStatisticsDocuments":[{"RuleName":"Default",)"
           R"("ClientID":"0123456789abcdef01234567","Timestamp":1,)"
           R"("RequestCount":9,"SampledCount":1}])" +
           std::string(more) + "}";
  };
  const std::string boosted =
      Call("GetSamplingTargets",
           report(R"(,"SamplingBoostStatisticsDocuments":[{"RuleName":)"
                  R"("Default","ServiceName":"s","Timestamp":1,)"
                  R"("AnomalyCount":9,"TotalCount":9,)"
                  R"("SampledAnomalyCount":0}])"));
  EXPECT_THAT(boosted, HasSubstr(R"("SamplingBoost":{"BoostRate":)"));
  EXPECT_THAT(boosted, HasSubstr(R"("UnprocessedBoostStatistics":[])"));
  EXPECT_THAT(Call("GetSamplingTargets", report("")), Not(HasSubstr("Boost")));
  EXPECT_THAT(Call("GetSamplingTargets",
                   report(R"(,"SamplingBoostStatisticsDocuments":null)")),
              Not(HasSubstr("Boost")));
}

}  // namespace
}  // namespace roentgen::server
