// Every message of the services that are X-Ray's operations against the model,
// and what the codec makes of values.
#include "server/v1/api_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "base/limits.h"
#include "roentgen/v1/account_service.pb.h"
#include "roentgen/v1/insight_service.pb.h"
#include "roentgen/v1/retrieval_service.pb.h"
#include "roentgen/v1/sampling_service.pb.h"
#include "server/xray/model/api_check.h"
#include "server/xray/model/api_model.h"

namespace roentgen::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using testing::HasSubstr;

const FileDescriptor* const kFiles[] = {
    v1::SamplingRule::descriptor()->file(),
    v1::Insight::descriptor()->file(),
    v1::ResourcePolicy::descriptor()->file(),
    v1::RetrievedTrace::descriptor()->file(),
};

// Operations that TraceService, GraphService and GroupService do in their way.
const std::set<std::string> kElsewhere = {
    "BatchGetTraces",
    "CreateGroup",
    "DeleteGroup",
    "GetGroup",
    "GetGroups",
    "GetServiceGraph",
    "GetTraceGraph",
    "GetTraceSummaries",
    "PutTraceSegments",
    "UpdateGroup",
    "GetTimeSeriesServiceStatistics",
};

// Members without a field, and fields without a member.
const std::set<std::string> kExceptions = {
    // The name alone, once more.
    "ServiceId.Names",
    "InsightImpactGraphService.Names",
    // One page is all there is.
    "GetSamplingRulesRequest.NextToken",
    "GetSamplingRulesResult.NextToken",
    "GetSamplingStatisticSummariesRequest.NextToken",
    "GetSamplingStatisticSummariesResult.NextToken",
    "GetInsightImpactGraphRequest.NextToken",
    "GetInsightImpactGraphResult.NextToken",
    "ListResourcePoliciesRequest.NextToken",
    "ListResourcePoliciesResult.NextToken",
    "GetIndexingRulesRequest.NextToken",
    "GetIndexingRulesResult.NextToken",
    "ListTagsForResourceRequest.NextToken",
    "ListTagsForResourceResponse.NextToken",
    "GetRetrievedTracesGraphRequest.NextToken",
    "GetRetrievedTracesGraphResult.NextToken",
    // A graph as everywhere in roentgen.v1.
    "GetRetrievedTracesGraphResult.Services",
    "roentgen.v1.GetRetrievedTracesGraphRequest.histograms",
    "roentgen.v1.GetRetrievedTracesGraphResponse.graph",
};

class Comparison {
 public:
  void Structure(const Descriptor& message, const ApiShape& shape) {
    if (!seen_.insert({&message, &shape}).second) return;
    std::set<const FieldDescriptor*> matched;
    for (const ApiMember& member : shape.members) {
      const FieldDescriptor* field = FieldOf(message, member);
      if (field == nullptr) {
        Stranger(std::string(shape.name) + '.' + std::string(member.name));
        continue;
      }
      matched.insert(field);
      Field(*field, *member.shape);
    }
    for (int i = 0; i < message.field_count(); ++i) {
      if (matched.count(message.field(i)) == 0) {
        Stranger(message.field(i)->full_name());
      }
    }
  }
  const std::set<std::string>& strangers() const { return strangers_; }

 private:
  void Field(const FieldDescriptor& field, const ApiShape& shape) {
    const bool map = shape.type == ShapeType::kMap;
    const bool list = shape.type == ShapeType::kList;
    EXPECT_EQ(field.is_map(), map) << field.full_name();
    EXPECT_EQ(field.is_repeated(), map || list) << field.full_name();
    if (map) {
      One(*field.message_type()->map_key(), *shape.key);
      One(*field.message_type()->map_value(), *shape.element);
    } else {
      One(field, list ? *shape.element : shape);
    }
  }

  void One(const FieldDescriptor& field, const ApiShape& shape) {
    const std::string type = field.message_type() != nullptr
                                 ? field.message_type()->full_name()
                                 : field.cpp_type_name();
    switch (shape.type) {
      case ShapeType::kStructure:
      case ShapeType::kUnion:
        ASSERT_NE(field.message_type(), nullptr) << field.full_name();
        return Structure(*field.message_type(), shape);
      case ShapeType::kString:
        EXPECT_EQ(type, shape.values.empty() ? "string" : "enum")
            << field.full_name();
        return Values(field, shape);
      case ShapeType::kTimestamp:
        EXPECT_EQ(type, "google.protobuf.Timestamp") << field.full_name();
        return;
      case ShapeType::kDouble:
        EXPECT_TRUE(type == "double" || type == "google.protobuf.Duration")
            << field.full_name();
        return;
      case ShapeType::kInteger:
        EXPECT_TRUE(type == "int32" || type == "int64") << field.full_name();
        return;
      case ShapeType::kLong:
        EXPECT_EQ(type, "int64") << field.full_name();
        return;
      case ShapeType::kBoolean:
        EXPECT_EQ(type, "bool") << field.full_name();
        return;
      case ShapeType::kList:
      case ShapeType::kMap:
        ADD_FAILURE() << field.full_name() << ": lists of lists";
    }
  }

  // Each value of the one is a value of the other.
  static void Values(const FieldDescriptor& field, const ApiShape& shape) {
    if (shape.values.empty() || field.enum_type() == nullptr) return;
    EXPECT_EQ(field.enum_type()->value_count(),
              static_cast<int>(shape.values.size()) + 1)
        << field.full_name();
    EXPECT_THAT(field.enum_type()->FindValueByNumber(0)->name(),
                HasSubstr("_UNSPECIFIED"));
  }

  void Stranger(const std::string& name) { strangers_.insert(name); }

  std::set<std::pair<const Descriptor*, const ApiShape*>> seen_;
  std::set<std::string> strangers_;
};

TEST(ApiCodecTest, EveryMemberHasAFieldAndEveryFieldAMember) {
  Comparison comparison;
  std::set<std::string> served = kElsewhere;
  for (const FileDescriptor* file : kFiles) {
    ASSERT_EQ(file->service_count(), 1) << file->name();
    for (int i = 0; i < file->service(0)->method_count(); ++i) {
      const auto& method = *file->service(0)->method(i);
      const ApiOperation* operation = FindApiOperation(method.name());
      ASSERT_NE(operation, nullptr) << method.full_name();
      EXPECT_FALSE(method.client_streaming() || method.server_streaming());
      EXPECT_TRUE(served.insert(method.name()).second) << method.full_name();
      comparison.Structure(*method.input_type(), *operation->input);
      comparison.Structure(*method.output_type(), *operation->output);
    }
  }
  EXPECT_EQ(comparison.strangers(), kExceptions);
  for (const ApiOperation& operation : ApiOperations()) {
    EXPECT_EQ(served.count(std::string(operation.name)), 1u)
        << operation.name << " is not served";
  }
}

TEST(ApiCodecTest, MembersOfAnUpdateCanBeAbsent) {
  const Descriptor& update = *v1::SamplingRuleUpdate::descriptor();
  for (int i = 0; i < update.field_count(); ++i) {
    EXPECT_TRUE(update.field(i)->has_presence() || update.field(i)->is_map())
        << update.field(i)->name();
  }
}

const ApiShape& Input(std::string_view operation) {
  return *FindApiOperation(operation)->input;
}
const ApiShape& Output(std::string_view operation) {
  return *FindApiOperation(operation)->output;
}

std::string Json(const ApiValue& value) {
  std::string out;
  AppendJson(value, out);
  return out;
}

TEST(ApiCodecTest, ZeroIsAValueWhereItDiffersFromAbsent) {
  v1::UpdateSamplingRuleRequest request;
  auto& update = *request.mutable_sampling_rule_update();
  update.set_rule_name("r");
  EXPECT_EQ(Json(FromProto(request, Input("UpdateSamplingRule"))),
            R"({"SamplingRuleUpdate":{"RuleName":"r"}})");
  update.set_fixed_rate(0);
  update.set_reservoir_size(0);
  update.set_url_path("");
  (*update.mutable_attributes())["b"] = "2";
  (*update.mutable_attributes())["a"] = "1";
  EXPECT_EQ(Json(FromProto(request, Input("UpdateSamplingRule"))),
            R"({"SamplingRuleUpdate":{"RuleName":"r","FixedRate":0,)"
            R"("ReservoirSize":0,"URLPath":"",)"
            R"("Attributes":{"a":"1","b":"2"}}})");
}

TEST(ApiCodecTest, RequiredMembersAreThereWithTheirDefaults) {
  EXPECT_EQ(Json(FromProto(v1::UntagResourceRequest(), Input("UntagResource"))),
            R"({"ResourceARN":"","TagKeys":[]})");
  EXPECT_EQ(Json(FromProto(v1::PutEncryptionConfigRequest(),
                           Input("PutEncryptionConfig"))),
            "{}");
  v1::CreateSamplingRuleRequest request;
  EXPECT_EQ(Json(FromProto(request, Input("CreateSamplingRule"))), "{}");
  request.mutable_sampling_rule();
  EXPECT_THAT(Json(FromProto(request, Input("CreateSamplingRule"))),
              HasSubstr(R"("FixedRate":0,"ReservoirSize":0)"));
}

TEST(ApiCodecTest, EnumsAreTexts) {
  v1::UpdateTraceSegmentDestinationRequest request;
  const ApiShape& shape = Input("UpdateTraceSegmentDestination");
  EXPECT_EQ(Json(FromProto(request, shape)), "{}");
  request.set_destination(v1::TRACE_SEGMENT_DESTINATION_CLOUD_WATCH_LOGS);
  EXPECT_EQ(Json(FromProto(request, shape)),
            R"({"Destination":"CloudWatchLogs"})");
  request.set_destination(static_cast<v1::TraceSegmentDestination>(77));
  const ApiValue unknown = FromProto(request, shape);
  EXPECT_EQ(Json(unknown), R"({"Destination":"77"})");
  EXPECT_THAT(CheckRequest(shape, unknown)->message,
              HasSubstr("enum value set: [XRay, CloudWatchLogs]"));

  v1::GetInsightSummariesRequest insights;
  insights.add_states(v1::INSIGHT_STATE_CLOSED);
  EXPECT_EQ(Json(FromProto(insights, Input("GetInsightSummaries"))),
            R"({"States":["CLOSED"]})");
  insights.set_states(0, v1::INSIGHT_STATE_UNSPECIFIED);
  EXPECT_TRUE(CheckRequest(Input("GetInsightSummaries"),
                           FromProto(insights, Input("GetInsightSummaries"))));
}

TEST(ApiCodecTest, OfTooManyItemsOnlyOneMoreThanLegalIsRead) {
  constexpr int kItems = 300'000;
  v1::GetSamplingTargetsRequest targets;
  for (int i = 0; i < kItems; ++i) {
    targets.add_sampling_statistics_documents();
    targets.add_sampling_boost_statistics_documents();
  }
  const ApiShape& shape = Input("GetSamplingTargets");
  const ApiValue value = FromProto(targets, shape);
  EXPECT_EQ(value.Find("SamplingStatisticsDocuments")->list().size(), 26u);
  EXPECT_EQ(value.Find("SamplingBoostStatisticsDocuments")->list().size(), 26u);
  EXPECT_THAT(CheckRequest(shape, value)->message,
              HasSubstr("26 items at 'samplingStatisticsDocuments' failed"));

  v1::UpdateSamplingRuleRequest rule;
  auto& update = *rule.mutable_sampling_rule_update();
  for (int i = 0; i < 1'000; ++i) {
    (*update.mutable_attributes())[std::to_string(i)] = "x";
  }
  EXPECT_EQ(FromProto(rule, Input("UpdateSamplingRule"))
                .Find("SamplingRuleUpdate")
                ->Find("Attributes")
                ->fields()
                .size(),
            6u);
}

TEST(ApiCodecTest, ListsWithoutALimitOfTheirOwnHaveOne) {
  v1::PutTelemetryRecordsRequest request;
  const auto read = [&] {
    return FromProto(request, Input("PutTelemetryRecords"))
        .Find("TelemetryRecords")
        ->list()
        .size();
  };
  for (size_t i = 0; i < limits::kApiListItemsMax; ++i) {
    request.add_telemetry_records();
  }
  EXPECT_EQ(read(), limits::kApiListItemsMax);
  for (int i = 0; i < 300'000; ++i) request.add_telemetry_records();
  EXPECT_EQ(read(), limits::kApiListItemsMax + 1);
}

TEST(ApiCodecTest, TimesOutOfRangeAreRefusedByTheCheck) {
  struct Case {
    int64_t seconds;
    int32_t nanos;
    bool legal;
  };
  const Case cases[] = {{0, 0, true},
                        {1'700'000'000, 999'999'999, true},
                        {-9'000'000'000, 0, true},
                        {9'300'000'000, 0, false},
                        {INT64_MIN, 0, false},
                        {INT64_MAX, 0, false},
                        {0, -1, false},
                        {0, 1'000'000'000, false}};
  for (const Case& c : cases) {
    v1::StartTraceRetrievalRequest request;
    request.mutable_start_time()->set_seconds(c.seconds);
    request.mutable_start_time()->set_nanos(c.nanos);
    request.mutable_end_time();
    const ApiShape& shape = Input("StartTraceRetrieval");
    const ApiValue value = FromProto(request, shape);
    EXPECT_EQ(!CheckRequest(shape, value), c.legal) << c.seconds;
    if (c.legal) {
      EXPECT_EQ(value.Time("StartTime")->ns,
                c.seconds * 1'000'000'000 + c.nanos);
    }
  }
}

TEST(ApiCodecTest, AnswersKeepWhatIsAbsent) {
  const ApiValue answer =
      ApiFields{{"SamplingTargetDocuments",
                 ApiList{ApiFields{{"RuleName", "r"},
                                   {"FixedRate", 0.5},
                                   {"ReservoirQuota", 0},
                                   {"ReservoirQuotaTTL", Timestamp{-1}}},
                         ApiFields{{"RuleName", "s"}, {"FixedRate", 0.0}}}},
                {"UnprocessedStatistics", ApiList()}};
  v1::GetSamplingTargetsResponse out;
  ASSERT_TRUE(ToProto(answer, Output("GetSamplingTargets"), &out).ok());
  ASSERT_EQ(out.sampling_target_documents_size(), 2);
  const auto& first = out.sampling_target_documents(0);
  EXPECT_EQ(first.rule_name(), "r");
  EXPECT_EQ(first.fixed_rate(), 0.5);
  EXPECT_TRUE(first.has_reservoir_quota());
  EXPECT_EQ(first.reservoir_quota_ttl().seconds(), -1);
  EXPECT_EQ(first.reservoir_quota_ttl().nanos(), 999'999'999);
  EXPECT_FALSE(first.has_interval());
  EXPECT_FALSE(first.has_sampling_boost());
  EXPECT_FALSE(out.sampling_target_documents(1).has_reservoir_quota());
  EXPECT_FALSE(out.has_last_rule_modification());
}

TEST(ApiCodecTest, AnswersWithEnumsMapsBytesAndSeconds) {
  v1::ListRetrievedTracesResponse traces;
  ASSERT_TRUE(
      ToProto(
          ApiFields{{"RetrievalStatus", "COMPLETE"},
                    {"Traces",
                     ApiList{ApiFields{
                         {"Duration", 1.25},
                         {"Spans", ApiList{ApiFields{{"Document", "{}"}}}}}}}},
          Output("ListRetrievedTraces"), &traces)
          .ok());
  EXPECT_EQ(traces.retrieval_status(), v1::RETRIEVAL_STATUS_COMPLETE);
  EXPECT_EQ(traces.traces(0).duration().nanos(), 250'000'000);
  EXPECT_EQ(traces.traces(0).spans(0).document(), "{}");

  v1::DeleteSamplingRuleResponse rule;
  ASSERT_TRUE(
      ToProto(ApiFields{{"SamplingRuleRecord",
                         ApiFields{
                             {"SamplingRule",
                              ApiFields{{"Attributes",
                                         ApiFields{{"a", "1"}, {"b", ""}}}}}}}},
              Output("DeleteSamplingRule"), &rule)
          .ok());
  EXPECT_EQ(rule.sampling_rule_record().sampling_rule().attributes().at("a"),
            "1");
  EXPECT_EQ(rule.sampling_rule_record().sampling_rule().attributes_size(), 2);
}

// A sender's time has any size: milliseconds are seen as such.
TEST(ApiCodecTest, SendersTimesAreNeverAFault) {
  for (const int64_t seconds :
       {int64_t{1'795'998'995}, int64_t{1'795'998'995'416}, int64_t{0},
        int64_t{INT64_MAX}, int64_t{INT64_MIN}}) {
    v1::GetSamplingTargetsRequest request;
    auto& document = *request.add_sampling_statistics_documents();
    document.set_rule_name("Default");
    document.set_client_id("0123456789abcdef01234567");
    document.mutable_timestamp()->set_seconds(seconds);
    const ApiShape& shape = *FindApiOperation("GetSamplingTargets")->input;
    const ApiValue read = FromProto(request, shape);
    EXPECT_EQ(CheckRequest(shape, read), std::nullopt) << seconds;
    const auto time =
        read.Find("SamplingStatisticsDocuments")->list()[0].Time("Timestamp");
    if (seconds > 1 && seconds < INT64_MAX) {
      ASSERT_TRUE(time) << seconds;
      EXPECT_EQ(time->ns / 1'000'000'000, 1'795'998'995) << seconds;
    }
  }
}

TEST(ApiCodecTest, WhatDoesNotFitItsFieldIsNotCut) {
  v1::GetInsightImpactGraphResponse out;
  const auto with = [&](ApiValue reference) {
    return ToProto(
        ApiFields{{"Services",
                   ApiList{ApiFields{{"ReferenceId", std::move(reference)}}}}},
        Output("GetInsightImpactGraph"), &out);
  };
  EXPECT_TRUE(with(int64_t{INT32_MAX}).ok());
  EXPECT_TRUE(absl::IsInternal(with(int64_t{INT32_MAX} + 1)));
  EXPECT_TRUE(absl::IsInternal(with("1")));
  v1::GetInsightResponse insight;
  EXPECT_THAT(
      std::string(ToProto(ApiFields{{"Insight", ApiFields{{"State", "OPEN"}}}},
                          Output("GetInsight"), &insight)
                      .message()),
      HasSubstr("roentgen.v1.Insight.state"));
}

}  // namespace
}  // namespace roentgen::server
