// X-Ray's operations in gRPC, from the client to the parts behind them.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "roentgen/rpc/status.pb.h"
#include "roentgen/v1/account_service.grpc.pb.h"
#include "roentgen/v1/group_service.grpc.pb.h"
#include "roentgen/v1/insight_service.grpc.pb.h"
#include "roentgen/v1/retrieval_service.grpc.pb.h"
#include "roentgen/v1/sampling_service.grpc.pb.h"
#include "tests/server/v1/api_fixture.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing_support::TraceNumber;

// The ErrorInfo of a failed call.
rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  rpc::Status details;
  rpc::ErrorInfo info;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  if (details.details_size() > 0) {
    EXPECT_TRUE(info.ParseFromString(details.details(0).value()));
  }
  return info;
}

class ApiServiceTest : public ApiFixture {
 protected:
  ApiServiceTest() {
    Start();
    sampling_ = v1::SamplingService::NewStub(channel_);
    insights_ = v1::InsightService::NewStub(channel_);
    account_ = v1::AccountService::NewStub(channel_);
    retrieval_ = v1::RetrievalService::NewStub(channel_);
    groups_stub_ = v1::GroupService::NewStub(channel_);
  }

  // One call of a stub's method.
  template <typename Stub, typename Request, typename Response>
  static grpc::Status Call(Stub& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                        const Request&,
                                                        Response*),
                           const Request& request, Response* response) {
    grpc::ClientContext call;
    return (stub.*method)(&call, request, response);
  }

  static v1::CreateSamplingRuleRequest NewRule(const std::string& name) {
    v1::CreateSamplingRuleRequest request;
    v1::SamplingRule& rule = *request.mutable_sampling_rule();
    rule.set_rule_name(name);
    rule.set_resource_arn("*");
    rule.set_service_name("*");
    rule.set_service_type("*");
    rule.set_host("*");
    rule.set_http_method("*");
    rule.set_url_path("*");
    rule.set_priority(7);
    rule.set_version(1);
    return request;
  }

  std::unique_ptr<v1::SamplingService::Stub> sampling_;
  std::unique_ptr<v1::InsightService::Stub> insights_;
  std::unique_ptr<v1::AccountService::Stub> account_;
  std::unique_ptr<v1::RetrievalService::Stub> retrieval_;
  std::unique_ptr<v1::GroupService::Stub> groups_stub_;
};

using Sampling = v1::SamplingService::Stub;
using Account = v1::AccountService::Stub;
using Retrieval = v1::RetrievalService::Stub;
using Insights = v1::InsightService::Stub;
using Groups = v1::GroupService::Stub;

TEST_F(ApiServiceTest, ASamplingRulesLife) {
  v1::CreateSamplingRuleRequest create = NewRule("r");
  (*create.mutable_sampling_rule()->mutable_attributes())["k"] = "v";
  create.mutable_sampling_rule()->set_fixed_rate(0.25);
  v1::CreateSamplingRuleResponse created;
  grpc::Status status =
      Call(*sampling_, &Sampling::CreateSamplingRule, create, &created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::SamplingRule& rule = created.sampling_rule_record().sampling_rule();
  EXPECT_THAT(rule.rule_arn(), HasSubstr(":sampling-rule/r"));
  EXPECT_EQ(rule.attributes().at("k"), "v");
  EXPECT_GT(created.sampling_rule_record().created_at().seconds(), 0);

  v1::UpdateSamplingRuleRequest update;
  update.mutable_sampling_rule_update()->set_rule_arn(rule.rule_arn());
  update.mutable_sampling_rule_update()->set_fixed_rate(0);
  v1::UpdateSamplingRuleResponse updated;
  status = Call(*sampling_, &Sampling::UpdateSamplingRule, update, &updated);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto& changed = updated.sampling_rule_record().sampling_rule();
  EXPECT_EQ(changed.fixed_rate(), 0);
  EXPECT_EQ(changed.priority(), 7);
  EXPECT_EQ(changed.attributes_size(), 1);

  v1::GetSamplingRulesResponse rules;
  ASSERT_TRUE(Call(*sampling_, &Sampling::GetSamplingRules,
                   v1::GetSamplingRulesRequest(), &rules)
                  .ok());
  ASSERT_EQ(rules.sampling_rule_records_size(), 2);
  EXPECT_EQ(rules.sampling_rule_records(1).sampling_rule().rule_name(),
            "Default");

  v1::DeleteSamplingRuleRequest remove;
  remove.set_rule_name("r");
  v1::DeleteSamplingRuleResponse removed;
  EXPECT_TRUE(
      Call(*sampling_, &Sampling::DeleteSamplingRule, remove, &removed).ok());
  EXPECT_EQ(removed.sampling_rule_record().sampling_rule().rule_name(), "r");
  status = Call(*sampling_, &Sampling::DeleteSamplingRule, remove, &removed);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).reason(), "InvalidRequestException");
}

TEST_F(ApiServiceTest, TargetsAndStatistics) {
  v1::GetSamplingTargetsRequest request;
  for (const char* name : {"Default", "unknown"}) {
    auto& document = *request.add_sampling_statistics_documents();
    document.set_rule_name(name);
    document.set_client_id(std::string(24, 'a'));
    document.mutable_timestamp()->set_seconds(
        absl::ToUnixSeconds(SystemClock().Now().ToTime()) - 60);
    document.set_request_count(10);
    document.set_sampled_count(2);
  }
  v1::GetSamplingTargetsResponse targets;
  // A client is known from its second report on.
  for (const bool known : {false, true}) {
    const grpc::Status status =
        Call(*sampling_, &Sampling::GetSamplingTargets, request, &targets);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(targets.sampling_target_documents_size(), 1);
    EXPECT_EQ(targets.sampling_target_documents(0).has_interval(), known);
  }
  ASSERT_EQ(targets.unprocessed_statistics_size(), 1);
  EXPECT_EQ(targets.unprocessed_statistics(0).rule_name(), "unknown");

  v1::GetSamplingStatisticSummariesResponse summaries;
  ASSERT_TRUE(Call(*sampling_, &Sampling::GetSamplingStatisticSummaries,
                   v1::GetSamplingStatisticSummariesRequest(), &summaries)
                  .ok());
  ASSERT_EQ(summaries.sampling_statistic_summaries_size(), 1);
  EXPECT_EQ(summaries.sampling_statistic_summaries(0).request_count(), 20);
}

TEST_F(ApiServiceTest, WhatBreaksALimitIsSaid) {
  v1::CreateSamplingRuleRequest request = NewRule("r");
  request.mutable_sampling_rule()->set_fixed_rate(2);
  request.mutable_sampling_rule()->set_version(0);
  v1::CreateSamplingRuleResponse response;
  const grpc::Status status =
      Call(*sampling_, &Sampling::CreateSamplingRule, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).reason(), "ValidationException");
  EXPECT_THAT(status.error_message(), HasSubstr("2 validation errors"));
}

TEST_F(ApiServiceTest, FailuresNameTheirResource) {
  v1::TagResourceRequest request;
  request.set_resource_arn("arn:aws:xray:us-east-1:000000000000:group/x/y");
  v1::TagResourceResponse response;
  const grpc::Status status =
      Call(*account_, &Account::TagResource, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  const rpc::ErrorInfo info = InfoOf(status);
  EXPECT_EQ(info.reason(), "ResourceNotFoundException");
  EXPECT_EQ(info.metadata().at("resource_name"), request.resource_arn());
}

TEST_F(ApiServiceTest, AGroupWithInsightsAndTags) {
  v1::CreateGroupRequest create;
  create.set_name("shop");
  create.set_filter_expression("fault");
  create.set_insights_enabled(true);
  v1::Tag& tag = *create.add_tags();
  tag.set_key("team");
  tag.set_value("pay");
  v1::Group group;
  grpc::Status status =
      Call(*groups_stub_, &Groups::CreateGroup, create, &group);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(group.insights_enabled());
  EXPECT_FALSE(group.notifications_enabled());

  v1::ListTagsForResourceRequest list;
  list.set_resource_arn(group.arn());
  v1::ListTagsForResourceResponse tags;
  ASSERT_TRUE(Call(*account_, &Account::ListTagsForResource, list, &tags).ok());
  ASSERT_EQ(tags.tags_size(), 1);
  EXPECT_EQ(tags.tags(0).value(), "pay");

  v1::UpdateGroupRequest update;
  update.set_arn(group.arn());
  update.set_notifications_enabled(true);
  ASSERT_TRUE(Call(*groups_stub_, &Groups::UpdateGroup, update, &group).ok());
  EXPECT_TRUE(group.notifications_enabled());
  EXPECT_TRUE(group.insights_enabled());
  EXPECT_EQ(group.filter_expression(), "fault");
  update.clear_notifications_enabled();
  status = Call(*groups_stub_, &Groups::UpdateGroup, update, &group);
  EXPECT_EQ(status.error_message(), "Filter Expression is empty");

  v1::GetGroupRequest get;
  get.set_name("shop");
  ASSERT_TRUE(Call(*groups_stub_, &Groups::GetGroup, get, &group).ok());
  ASSERT_EQ(group.tags_size(), 1);
  EXPECT_EQ(group.tags(0).key(), "team");
  status =
      Call(*groups_stub_, &Groups::GetGroup, v1::GetGroupRequest(), &group);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ApiServiceTest, TheAccount) {
  v1::GetEncryptionConfigResponse encryption;
  ASSERT_TRUE(Call(*account_, &Account::GetEncryptionConfig,
                   v1::GetEncryptionConfigRequest(), &encryption)
                  .ok());
  EXPECT_EQ(encryption.encryption_config().status(),
            v1::ENCRYPTION_STATUS_ACTIVE);
  EXPECT_EQ(encryption.encryption_config().type(), v1::ENCRYPTION_TYPE_NONE);

  v1::UpdateIndexingRuleRequest update;
  update.set_name("Default");
  update.mutable_rule()->mutable_probabilistic();  // 0 percent.
  v1::UpdateIndexingRuleResponse rule;
  const grpc::Status status =
      Call(*account_, &Account::UpdateIndexingRule, update, &rule);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(
      rule.indexing_rule().rule().probabilistic().actual_sampling_percentage(),
      100);

  v1::PutTelemetryRecordsRequest telemetry;
  auto& record = *telemetry.add_telemetry_records();
  record.mutable_timestamp()->set_seconds(1);
  record.mutable_backend_connection_errors()->set_http_code_4xx_count(3);
  v1::PutTelemetryRecordsResponse none;
  EXPECT_TRUE(
      Call(*account_, &Account::PutTelemetryRecords, telemetry, &none).ok());
}

TEST_F(ApiServiceTest, RetrievedTracesAndTheirGraph) {
  ASSERT_TRUE(WriteAndWait(engine_, {testing_support::Record(
                                        testing_support::SegmentSpec{})})
                  .ok());
  v1::StartTraceRetrievalRequest start;
  start.add_trace_ids(TraceNumber(1).ToString());
  start.mutable_start_time()->set_seconds(1'699'999'000);
  start.mutable_end_time()->set_seconds(1'700'001'000);
  v1::StartTraceRetrievalResponse started;
  const grpc::Status status =
      Call(*retrieval_, &Retrieval::StartTraceRetrieval, start, &started);
  ASSERT_TRUE(status.ok()) << status.error_message();

  v1::ListRetrievedTracesRequest list;
  list.set_retrieval_token(started.retrieval_token());
  v1::ListRetrievedTracesResponse traces;
  ASSERT_TRUE(
      Call(*retrieval_, &Retrieval::ListRetrievedTraces, list, &traces).ok());
  EXPECT_EQ(traces.retrieval_status(), v1::RETRIEVAL_STATUS_COMPLETE);
  EXPECT_EQ(traces.trace_format(), v1::TRACE_FORMAT_TYPE_XRAY);
  ASSERT_EQ(traces.traces_size(), 1);
  EXPECT_EQ(traces.traces(0).duration().seconds(), 1);
  EXPECT_THAT(traces.traces(0).spans(0).document(), HasSubstr("shop"));

  v1::GetRetrievedTracesGraphRequest graph;
  graph.set_retrieval_token(started.retrieval_token());
  graph.set_histograms(true);
  v1::GetRetrievedTracesGraphResponse map;
  ASSERT_TRUE(
      Call(*retrieval_, &Retrieval::GetRetrievedTracesGraph, graph, &map).ok());
  EXPECT_EQ(map.retrieval_status(), v1::RETRIEVAL_STATUS_COMPLETE);
  ASSERT_EQ(map.graph().nodes_size(), 2);
  EXPECT_EQ(map.graph().nodes(0).durations_size(), 1);
  graph.set_retrieval_token("unknown");
  EXPECT_EQ(Call(*retrieval_, &Retrieval::GetRetrievedTracesGraph, graph, &map)
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ApiServiceTest, InsightsOfAGroup) {
  v1::GetInsightSummariesRequest list;
  list.set_group_name("Default");
  const int64_t now = absl::ToUnixSeconds(SystemClock().Now().ToTime());
  list.mutable_start_time()->set_seconds(now - 3600);
  list.mutable_end_time()->set_seconds(now);
  v1::GetInsightSummariesResponse summaries;
  const grpc::Status status =
      Call(*insights_, &Insights::GetInsightSummaries, list, &summaries);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(summaries.insight_summaries_size(), 0);
  v1::GetInsightRequest get;
  get.set_insight_id("01234567-89ab-1def-8123-456789abcdef");
  v1::GetInsightResponse insight;
  EXPECT_EQ(Call(*insights_, &Insights::GetInsight, get, &insight).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ApiServiceTest, BytesThatAreNoRequest) {
  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  grpc::ClientContext call;
  const grpc::Slice slice("\xff\xff\xff");
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  const auto reader = stub.PrepareUnaryCall(
      &call, "/roentgen.v1.AccountService/TagResource", request, &queue);
  reader->StartCall();
  reader->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("TagResourceRequest"));
}

}  // namespace
}  // namespace roentgen::server
