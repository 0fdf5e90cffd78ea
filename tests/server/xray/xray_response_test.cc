// The bytes of answers: each expected text is what a client must see.
#include "server/xray/xray_response.h"

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

using storage::ServiceId;
using storage::TraceId;
using storage::TraceSummary;

const TraceId kId = *TraceId::Parse("1-5759e988-bd862e3fe1be46a994272793");

TEST(EncodePutTraceSegmentsTest, WritesUnprocessedOnly) {
  EXPECT_EQ(EncodePutTraceSegments({.unprocessed = {}, .accepted = 3}),
            R"({"UnprocessedTraceSegments":[]})");
  EXPECT_EQ(
      EncodePutTraceSegments(
          {.unprocessed = {{.id = "a1", .error_code = "C", .message = "m\"\n"},
                           {.id = {}, .error_code = "D", .message = ""}},
           .accepted = 0}),
      R"({"UnprocessedTraceSegments":[)"
      R"({"Id":"a1","ErrorCode":"C","Message":"m\"\n"},)"
      R"({"ErrorCode":"D","Message":""}]})");
}

TEST(EncodeBatchGetTracesTest, WritesDocumentsAsStrings) {
  query::AssembledTrace trace{.id = kId,
                              .duration = absl::Milliseconds(250),
                              .limit_exceeded = false,
                              .segments = {}};
  trace.segments.push_back({.id = {0xab}, .document = R"({"a":"\n"})"});
  query::AssembledTrace open{.id = kId,
                             .duration = std::nullopt,
                             .limit_exceeded = true,
                             .segments = {}};
  EXPECT_EQ(EncodeBatchGetTraces({.traces = {trace, open},
                                  .unprocessed = {"1-a", "1-b"},
                                  .next_token = "more"}),
            R"({"Traces":[{"Id":"1-5759e988-bd862e3fe1be46a994272793",)"
            R"("Duration":0.25,"LimitExceeded":false,"Segments":[)"
            R"({"Id":"00000000000000ab","Document":"{\"a\":\"\\n\"}"}]},)"
            R"({"Id":"1-5759e988-bd862e3fe1be46a994272793",)"
            R"("LimitExceeded":true,"Segments":[]}],)"
            R"("UnprocessedTraceIds":["1-a","1-b"],"NextToken":"more"})");
}

TEST(EncodeGetTraceSummariesTest, LeavesOutWhatHasNoValue) {
  TraceSummary summary;
  summary.id = kId;
  summary.start = {1'465'510'280'366'999'999};
  summary.is_partial = true;
  summary.revision = 1;
  query::TraceSummariesPage page;
  page.summaries = {summary};
  page.approximate_time = {1'465'510'000'900'000'000};
  page.traces_processed = 7;
  EXPECT_EQ(
      EncodeGetTraceSummaries(page),
      R"({"TraceSummaries":[{"Id":"1-5759e988-bd862e3fe1be46a994272793",)"
      R"("StartTime":1465510280.366,"HasFault":false,"HasError":false,)"
      R"("HasThrottle":false,"IsPartial":true,"Http":{},"Annotations":{},)"
      R"("Users":[],"ServiceIds":[],"ResourceARNs":[],"InstanceIds":[],)"
      R"("AvailabilityZones":[],"FaultRootCauses":[],"ErrorRootCauses":[],)"
      R"("ResponseTimeRootCauses":[],"Revision":1}],)"
      R"("ApproximateTime":1465510000,"TracesProcessedCount":7})");
}

TEST(EncodeGetTraceSummariesTest, WritesEveryMember) {
  const ServiceId front{
      .name = "front", .type = "AWS::EC2::Instance", .account_id = "1"};
  TraceSummary summary;
  summary.id = kId;
  summary.start = Timestamp::FromSeconds(10);
  summary.duration = absl::Milliseconds(1500);
  summary.response_time = absl::Seconds(1);
  summary.has_fault = summary.has_error = summary.has_throttle = true;
  summary.http = {.url = "http://a/",
                  .method = "GET",
                  .user_agent = "curl",
                  .client_ip = "::1",
                  .status = 503};
  summary.annotations["k"] = {{.value = true, .services = {front}},
                              {.value = 2.5, .services = {}},
                              {.value = std::string("s"), .services = {}}};
  summary.users = {{.name = "u", .services = {}}};
  summary.service_ids = {front};
  summary.resource_arns = {"arn:x"};
  summary.instance_ids = {"i-1"};
  summary.availability_zones = {"z"};
  summary.entry_point = front;
  summary.revision = 2;
  summary.matched_event_time = Timestamp{11'250'000'000};
  query::TraceSummariesPage page;
  page.summaries = {summary};
  page.next_token = "t";
  const std::string service =
      R"({"Name":"front","Names":["front"],"AccountId":"1",)"
      R"("Type":"AWS::EC2::Instance"})";
  EXPECT_EQ(
      EncodeGetTraceSummaries(page),
      R"({"TraceSummaries":[{"Id":"1-5759e988-bd862e3fe1be46a994272793",)"
      R"("StartTime":10,"Duration":1.5,"ResponseTime":1,"HasFault":true,)"
      R"("HasError":true,"HasThrottle":true,"IsPartial":false,)"
      R"("Http":{"HttpURL":"http://a/","HttpStatus":503,"HttpMethod":"GET",)"
      R"("UserAgent":"curl","ClientIp":"::1"},)"
      R"("Annotations":{"k":[{"AnnotationValue":{"BooleanValue":true},)"
      R"("ServiceIds":[)" +
          service +
          R"(]},)"
          R"({"AnnotationValue":{"NumberValue":2.5},"ServiceIds":[]},)"
          R"({"AnnotationValue":{"StringValue":"s"},"ServiceIds":[]}]},)"
          R"("Users":[{"UserName":"u","ServiceIds":[]}],)"
          R"("ServiceIds":[)" +
          service +
          R"(],)"
          R"("ResourceARNs":[{"ARN":"arn:x"}],"InstanceIds":[{"Id":"i-1"}],)"
          R"("AvailabilityZones":[{"Name":"z"}],"EntryPoint":)" +
          service +
          R"(,"FaultRootCauses":[],"ErrorRootCauses":[],)"
          R"("ResponseTimeRootCauses":[],"Revision":2,)"
          R"("MatchedEventTime":11.25}],"ApproximateTime":0,)"
          R"("TracesProcessedCount":0,"NextToken":"t"})");
}

TEST(EncodeGetTraceSummariesTest, WritesRootCausesByTheirKind) {
  const ServiceId front{.name = "front", .type = "", .account_id = "1"};
  TraceSummary summary;
  summary.id = kId;
  summary.fault_root_causes = {
      {.services = {{.service = front,
                     .inferred = true,
                     .entity_path = {{.name = "front",
                                      .coverage = {},
                                      .remote = false,
                                      .exceptions = {{"T", "m\""}}},
                                     {.name = "call",
                                      .coverage = {},
                                      .remote = true,
                                      .exceptions = {}}}}},
       .client_impacting = false}};
  summary.response_time_root_causes = {
      {.services = {{.service = front,
                     .inferred = false,
                     .entity_path = {{.name = "front",
                                      .coverage = 0.75,
                                      .remote = false,
                                      .exceptions = {}}}}},
       .client_impacting = true}};
  query::TraceSummariesPage page;
  page.summaries = {summary};
  const std::string text = EncodeGetTraceSummaries(page);
  const std::string service =
      R"({"Services":[{"Name":"front","Names":["front"],"Type":"",)"
      R"("AccountId":"1","EntityPath":[{"Name":"front",)";
  const std::string expected =
      R"("FaultRootCauses":[)" + service +
      R"("Exceptions":[{"Name":"T","Message":"m\""}],"Remote":false},)"
      R"({"Name":"call","Exceptions":[],"Remote":true}],"Inferred":true}],)"
      R"("ClientImpacting":false}],"ErrorRootCauses":[],)"
      R"("ResponseTimeRootCauses":[)" +
      service +
      R"("Coverage":0.75,"Remote":false}],"Inferred":false}],)"
      R"("ClientImpacting":true}],)";
  EXPECT_NE(text.find(expected), std::string::npos) << text;
}

}  // namespace
}  // namespace roentgen::server
