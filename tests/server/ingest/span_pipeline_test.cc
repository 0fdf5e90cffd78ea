#include "server/ingest/span_pipeline.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "opentelemetry/proto/common/v1/common.pb.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "storage/memory/memory_engine.h"
#include "tests/server/rpc/gated_engine.h"
#include "tests/support/calls.h"
#include "trace/model/ids.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using opentelemetry::proto::common::v1::AnyValue;
using opentelemetry::proto::trace::v1::Span;
using testing::HasSubstr;

constexpr int64_t kNowSeconds = 1'727'008'800;

std::string TraceIdBytes(int n) {
  std::string id(16, '\x11');
  id[15] = static_cast<char>(n);
  return id;
}

Span* AddSpan(ExportTraceServiceRequest& request, int n) {
  if (request.resource_spans_size() == 0) {
    request.add_resource_spans()->add_scope_spans();
  }
  Span* span =
      request.mutable_resource_spans(0)->mutable_scope_spans(0)->add_spans();
  span->set_trace_id(TraceIdBytes(1));
  std::string id(8, '\x22');
  id[6] = static_cast<char>(n >> 8);
  id[7] = static_cast<char>(n);
  span->set_span_id(id);
  span->set_name("call");
  span->set_start_time_unix_nano(uint64_t{kNowSeconds} * 1'000'000'000);
  span->set_end_time_unix_nano(uint64_t{kNowSeconds} * 1'000'000'000 + 5);
  return span;
}

void AddNested(int levels, AnyValue& value) {
  AnyValue* inner = &value;
  for (int i = 0; i < levels; ++i) {
    inner = inner->mutable_array_value()->add_values();
  }
}

class SpanPipelineTest : public testing::Test {
 protected:
  void Restart(SpanPipeline::Options options) {
    pipeline_.emplace(engine_, clock_, std::move(options));
  }
  absl::StatusOr<ExportOutcome> Export(const std::string& bytes) {
    return pipeline_->ExportAndWait(bytes, SpanSource::kOtlpHttp,
                                    absl::InfiniteFuture());
  }
  ExportOutcome ExportOk(const ExportTraceServiceRequest& request) {
    const auto outcome = Export(request.SerializeAsString());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(ExportOutcome());
  }
  std::vector<storage::StoredRecord> Records() {
    const auto id = storage::TraceId::Parse("11111111111111111111111111111101");
    auto traces = engine_.GetTraces({&*id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(traces.ok());
    if (!traces.ok() || traces->empty()) return {};
    return std::move(traces->front().records);
  }
  std::vector<std::string> Stored() {
    std::vector<std::string> out;
    for (const auto& record : Records()) out.push_back(record.document);
    return out;
  }

  ManualClock clock_{Timestamp::FromSeconds(kNowSeconds)};
  storage::MemoryEngine memory_{clock_, absl::Hours(720)};
  GatedEngine engine_{memory_};
  std::optional<SpanPipeline> pipeline_{std::in_place, engine_, clock_,
                                        SpanPipeline::Options()};
};

TEST_F(SpanPipelineTest, NothingIsAFullSuccess) {
  EXPECT_EQ(*Export(""), ExportOutcome());
  ExportTraceServiceRequest request;
  request.add_resource_spans()->add_scope_spans();
  EXPECT_EQ(ExportOk(request), ExportOutcome());
}

TEST_F(SpanPipelineTest, SpansAreStoredByteForByte) {
  ExportTraceServiceRequest request;
  const Span* first = AddSpan(request, 1);
  const std::string bytes = first->SerializeAsString();
  EXPECT_EQ(ExportOk(request).accepted, 1u);
  EXPECT_THAT(Stored(), testing::ElementsAre(bytes));
}

TEST_F(SpanPipelineTest, ABadSpanCostsItselfAloneAndIsNamed) {
  struct Case {
    void (*harm)(Span&);
    const char* reason;
    const char* text;
  };
  const Case cases[] = {
      {[](Span& s) { s.clear_trace_id(); }, "trace_id", "traceId has 0 bytes"},
      {[](Span& s) { s.set_trace_id("short"); }, "trace_id", "has 5 bytes"},
      {[](Span& s) { s.set_trace_id(std::string(16, '\0')); }, "trace_id",
       "traceId is all zeros"},
      {[](Span& s) { s.set_span_id(std::string(9, 'x')); }, "span_id",
       "spanId has 9 bytes"},
      {[](Span& s) { s.set_span_id(std::string(8, '\0')); }, "span_id",
       "spanId is all zeros"},
      {[](Span& s) { s.set_parent_span_id("abc"); }, "parent_span_id",
       "parentSpanId has 3 bytes"},
      {[](Span& s) { *s.mutable_name() = std::string(2'000'000, 'x'); },
       "span_size", "the limit is 1048576"},
      {[](Span& s) { AddNested(33, *s.add_attributes()->mutable_value()); },
       "depth", "spans[1]: attributes[0] nest deeper than 32 lists and maps"},
      {[](Span& s) {
         AddNested(90, *s.add_links()->add_attributes()->mutable_value());
       },
       "depth", "links[0].attributes nest deeper than 32"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    Restart({});
    ExportTraceServiceRequest request;
    AddSpan(request, 1);
    c.harm(*AddSpan(request, 2));
    AddSpan(request, 3);
    const ExportOutcome outcome = ExportOk(request);
    EXPECT_EQ(outcome.accepted, 2u);
    EXPECT_EQ(outcome.rejected, 1u);
    EXPECT_THAT(outcome.message,
                HasSubstr("resourceSpans[0].scopeSpans[0].spans[1]: "));
    EXPECT_THAT(outcome.message, HasSubstr(c.text));
    EXPECT_EQ(pipeline_->RejectCounts().at(c.reason), 1u);
  }
}

TEST_F(SpanPipelineTest, AResourceThatNestsTooDeepCostsItsSpans) {
  ExportTraceServiceRequest request;
  AddSpan(request, 1);
  AddSpan(request, 2);
  request.add_resource_spans()->CopyFrom(request.resource_spans(0));
  AddNested(33, *request.mutable_resource_spans(0)
                     ->mutable_resource()
                     ->add_attributes()
                     ->mutable_value());
  const ExportOutcome outcome = ExportOk(request);
  EXPECT_EQ(outcome.accepted, 2u);
  EXPECT_EQ(outcome.rejected, 2u);
  EXPECT_THAT(outcome.message,
              HasSubstr("spans[0]: attributes of resource or scope nest deeper "
                        "than 32 lists and maps"));
  EXPECT_EQ(pipeline_->RejectCounts().at("depth"), 2u);
}

// Bytes that are no text cost nothing: neither the span nor its neighbours.
TEST_F(SpanPipelineTest, TextThatIsNotUtf8IsMended) {
  ExportTraceServiceRequest request;
  Span* span = AddSpan(request, 1);
  span->set_name("badX");
  span->set_trace_state("badX=1");
  auto* attribute = span->add_attributes();
  attribute->set_key("badX");
  attribute->mutable_value()->mutable_kvlist_value()->add_values()->set_key(
      "badX");
  attribute->mutable_value()
      ->mutable_kvlist_value()
      ->mutable_values(0)
      ->mutable_value()
      ->set_string_value("badX");
  span->add_attributes()->mutable_value()->set_bytes_value("badX");
  span->add_events()->set_name("badX");
  span->add_links()->set_trace_state("badX");
  span->mutable_status()->set_message("badX");
  AddSpan(request, 2);
  auto& resource = *request.mutable_resource_spans(0);
  resource.set_schema_url("badX");
  auto* name = resource.mutable_resource()->add_attributes();
  name->set_key("badX");
  name->mutable_value()->mutable_array_value()->add_values()->set_string_value(
      "badX");
  resource.mutable_scope_spans(0)->mutable_scope()->set_name("badX");
  std::string bytes = request.SerializeAsString();
  for (size_t at; (at = bytes.find("badX")) != bytes.npos;) {
    bytes.replace(at, 4, "bad\xff");
  }
  const auto outcome = Export(bytes);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->rejected, 0u) << outcome->message;
  EXPECT_EQ(outcome->accepted, 2u);
  for (const auto& record : Records()) {
    Span stored;  // Protobuf itself refuses texts that are not UTF-8.
    ASSERT_TRUE(stored.ParseFromString(record.document));
    storage::ContextView context;
    ASSERT_TRUE(storage::ReadContext(*record.context, context));
    EXPECT_TRUE(context.valid_text);
    EXPECT_EQ(context.scope_name, "bad\xEF\xBF\xBD");
    if (stored.attributes_size() < 2) continue;
    EXPECT_EQ(stored.name(), "bad\xEF\xBF\xBD");
    EXPECT_EQ(stored.attributes(0).value().kvlist_value().values(0).key(),
              "bad\xEF\xBF\xBD");
    EXPECT_EQ(stored.attributes(1).value().bytes_value(), "bad\xff");
    EXPECT_EQ(stored.events(0).name(), "bad\xEF\xBF\xBD");
    EXPECT_EQ(stored.links(0).trace_state(), "bad\xEF\xBF\xBD");
    EXPECT_EQ(stored.status().message(), "bad\xEF\xBF\xBD");
  }
}

// SDKs of 2021 called a scope an instrumentation library, and had another field
// for what is in it; those of 2022 sent both.
TEST_F(SpanPipelineTest, SpansOfInstrumentationLibraries) {
  ExportTraceServiceRequest request;
  AddSpan(request, 1);
  const std::string scope_spans =
      request.resource_spans(0).scope_spans(0).SerializeAsString();
  request.mutable_resource_spans(0)->clear_scope_spans();
  std::string resource = request.resource_spans(0).SerializeAsString();
  storage::AppendBytesField(1000, scope_spans, resource);
  std::string old;
  storage::AppendBytesField(1, resource, old);
  EXPECT_EQ(Export(old)->accepted, 1u);
  storage::AppendBytesField(2, scope_spans, resource);
  std::string both;
  storage::AppendBytesField(1, resource, both);
  EXPECT_EQ(Export(both)->accepted, 1u);
  for (const auto& record : Records()) {
    EXPECT_EQ(record.context->resource_spans.find(scope_spans),
              std::string::npos);
  }
}

TEST_F(SpanPipelineTest, SpansThatStandInOneOfBothFieldsAreAllStored) {
  ExportTraceServiceRequest request;
  std::string scopes[3];
  for (int i = 0; i < 3; ++i) {
    request.Clear();
    AddSpan(request, i + 1);
    scopes[i] = request.resource_spans(0).scope_spans(0).SerializeAsString();
  }
  request.mutable_resource_spans(0)->clear_scope_spans();
  std::string resource = request.resource_spans(0).SerializeAsString();
  storage::AppendBytesField(1000, scopes[0], resource);
  storage::AppendBytesField(1000, scopes[1], resource);
  storage::AppendBytesField(2, scopes[1], resource);
  storage::AppendBytesField(2, scopes[2], resource);
  std::string bytes;
  storage::AppendBytesField(1, resource, bytes);
  EXPECT_EQ(Export(bytes)->accepted, 3u);
  std::set<std::string> ids;
  for (const auto& record : Records()) {
    Span span;
    ASSERT_TRUE(span.ParseFromString(record.document));
    ids.insert(span.span_id());
  }
  EXPECT_EQ(ids.size(), 3u);
}

// U+FFFD has three bytes.
TEST_F(SpanPipelineTest, WhatIsMendedMeetsTheLimitsToo) {
  SpanPipeline::Options options;
  options.span_bytes_max = 300;
  options.context_bytes_max = 300;
  Restart(options);
  const auto outcome = [&](size_t in_span, size_t in_context) {
    ExportTraceServiceRequest request;
    AddSpan(request, 1)->set_name(std::string(in_span, 'X'));
    request.mutable_resource_spans(0)->set_schema_url(
        std::string(in_context, 'X'));
    std::string bytes = request.SerializeAsString();
    std::replace(bytes.begin(), bytes.end(), 'X', '\xff');
    return *Export(bytes);
  };
  EXPECT_EQ(outcome(50, 80).accepted, 1u);
  const ExportOutcome span = outcome(150, 80);
  EXPECT_EQ(span.accepted, 0u);
  EXPECT_THAT(span.message, HasSubstr("bytes, the limit is 300"));
  EXPECT_EQ(pipeline_->RejectCounts().at("span_size"), 1u);
  const ExportOutcome context = outcome(50, 150);
  EXPECT_EQ(context.accepted, 0u);
  EXPECT_THAT(context.message,
              HasSubstr("resource or scope has more than 300 bytes"));
  EXPECT_EQ(pipeline_->RejectCounts().at("context_size"), 1u);
  EXPECT_EQ(Records().size(), 1u);
}

TEST_F(SpanPipelineTest, WhatIsNoRequestIsNotAcknowledged) {
  std::string stranger;
  storage::AppendBytesField(7, "something", stranger);
  EXPECT_TRUE(absl::IsInvalidArgument(Export(stranger).status()));
  EXPECT_TRUE(Export("").ok());
}

TEST_F(SpanPipelineTest, ARootMayHaveNoParentOrZeros) {
  ExportTraceServiceRequest request;
  AddSpan(request, 1)->set_parent_span_id(std::string(8, '\0'));
  AddSpan(request, 2)->clear_end_time_unix_nano();
  AddSpan(request, 2);  // Sent twice.
  EXPECT_EQ(ExportOk(request).accepted, 3u);
}

// What is cut off is no request, or a shorter one; never is a part stored of
// what is refused.
TEST_F(SpanPipelineTest, TruncatedAnywhereIsAllOrNothing) {
  ExportTraceServiceRequest request;
  for (int i = 1; i <= 3; ++i) AddSpan(request, i);
  const std::string bytes = request.SerializeAsString();
  for (size_t n = 1; n < bytes.size(); ++n) {
    const auto outcome = Export(bytes.substr(0, n));
    EXPECT_TRUE(absl::IsInvalidArgument(outcome.status())) << n;
  }
  EXPECT_TRUE(Stored().empty());
  EXPECT_EQ(pipeline_->Counts(SpanSource::kOtlpHttp).accepted, 0u);
}

TEST_F(SpanPipelineTest, TwentyThousandSpansInOneRequest) {
  ExportTraceServiceRequest request;
  for (int i = 1; i <= 20'000; ++i) {
    Span* span = AddSpan(request, i);
    span->set_trace_id(TraceIdBytes(1 + i % 100));
  }
  EXPECT_EQ(ExportOk(request).accepted, 20'000u);
  EXPECT_EQ(memory_.Usage().records_written, 20'000u);
}

// A later part that makes no sense keeps the parts before it from being
// written, however many there are.
TEST_F(SpanPipelineTest, ManyPartsAreAllOrNothing) {
  ExportTraceServiceRequest request;
  for (int i = 1; i <= 25'000; ++i) {
    AddSpan(request, i)->set_trace_id(TraceIdBytes(1 + i % 100));
  }
  const std::string bytes = request.SerializeAsString();
  EXPECT_TRUE(absl::IsInvalidArgument(Export(bytes + "\x0A").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Export(bytes.substr(0, bytes.size() - 1)).status()));
  EXPECT_EQ(memory_.Usage().records_written, 0u);
  EXPECT_EQ(pipeline_->Counts(SpanSource::kOtlpHttp).accepted, 0u);
  EXPECT_TRUE(Export(bytes).ok());
  EXPECT_EQ(memory_.Usage().records_written, 25'000u);
}

// Written as they are read, answered when all of them are stored.
TEST_F(SpanPipelineTest, PartsAreWrittenOneByOneAndAnsweredTogether) {
  ExportTraceServiceRequest request;
  for (int i = 1; i <= 25'000; ++i) {
    AddSpan(request, i)->set_trace_id(TraceIdBytes(1 + i % 100));
  }
  AddSpan(request, 25'001)->clear_trace_id();
  engine_.Hold();
  std::optional<ExportOutcome> outcome;
  pipeline_->Export(request.SerializeAsString(), SpanSource::kOtlpHttp,
                    {.deadline = absl::InfiniteFuture()},
                    [&](const absl::StatusOr<ExportOutcome>& answer) {
                      ASSERT_TRUE(answer.ok()) << answer.status();
                      outcome = *answer;
                    });
  ASSERT_EQ(engine_.held(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(outcome.has_value());
    engine_.Release(0);
  }
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->accepted, 25'000u);
  EXPECT_EQ(outcome->rejected, 1u);
  EXPECT_EQ(memory_.Usage().records_written, 25'000u);
}

// The sender tries again with all of it: no use in writing on.
TEST_F(SpanPipelineTest, NothingIsWrittenAfterAPartThatFailed) {
  ExportTraceServiceRequest request;
  for (int i = 1; i <= 25'000; ++i) AddSpan(request, i);
  engine_.FailWrites(absl::UnavailableError("stalled"));
  EXPECT_TRUE(
      absl::IsUnavailable(Export(request.SerializeAsString()).status()));
  const SpanCounts counts = pipeline_->Counts(SpanSource::kOtlpHttp);
  EXPECT_EQ(counts.received, 25'000u);
  EXPECT_EQ(counts.failed, 25'000u);
  EXPECT_EQ(engine_.writes(), 1u);
}

TEST_F(SpanPipelineTest, RequestsExportedTogetherAreOneWrite) {
  std::vector<std::string> requests;
  for (int i = 1; i <= 5; ++i) {
    ExportTraceServiceRequest request;
    AddSpan(request, 2 * i);
    AddSpan(request, 2 * i + 1)->set_span_id(i == 3 ? "bad" : "12345678");
    requests.push_back(request.SerializeAsString());
  }
  requests[1] += '\x0A';
  requests[3].pop_back();
  const std::vector<std::string_view> views(requests.begin(), requests.end());
  int done = 0;
  EXPECT_EQ(pipeline_->ExportTogether(views, SpanSource::kOtlpUdp,
                                      absl::InfiniteFuture(), [&] { ++done; }),
            2u);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(engine_.writes(), 1u);
  EXPECT_EQ(memory_.Usage().records_written, 5u);
  const SpanCounts counts = pipeline_->Counts(SpanSource::kOtlpUdp);
  EXPECT_EQ(counts.requests, 5u);
  EXPECT_EQ(counts.received, 6u);
  EXPECT_EQ(counts.accepted, 5u);
  EXPECT_EQ(pipeline_->RejectCounts().at("span_id"), 1u);
  EXPECT_EQ(pipeline_->ExportTogether({}, SpanSource::kOtlpUdp,
                                      absl::InfiniteFuture(), [&] { ++done; }),
            0u);
  EXPECT_EQ(done, 2);
}

// A request of several parts amid others: they stay whole, it is all or
// nothing.
TEST_F(SpanPipelineTest, ALargeRequestAmidOthersIsAllOrNothing) {
  ExportTraceServiceRequest small, large;
  AddSpan(small, 1);
  for (int i = 1; i <= 15'000; ++i) AddSpan(large, i);
  const std::string one = small.SerializeAsString();
  const std::string bad = large.SerializeAsString() + "\x0A";
  const std::vector<std::string_view> views = {one, bad, one};
  EXPECT_EQ(pipeline_->ExportTogether(views, SpanSource::kOtlpUdp,
                                      absl::InfiniteFuture(), [] {}),
            1u);
  EXPECT_EQ(memory_.Usage().records_written, 2u);
}

TEST_F(SpanPipelineTest, TheMessageOfManyRejectsIsBounded) {
  ExportTraceServiceRequest request;
  for (int i = 0; i < 1'000; ++i) AddSpan(request, i + 1)->clear_trace_id();
  const ExportOutcome outcome = ExportOk(request);
  EXPECT_EQ(outcome.rejected, 1'000u);
  EXPECT_LT(outcome.message.size(), 2 * limits::kPartialSuccessCharsMax);
}

TEST_F(SpanPipelineTest, StrictLimitsAreThoseOfAws) {
  Restart({.profile = {}, .strict_aws_limits = true});
  ExportTraceServiceRequest request;
  AddSpan(request, 1);
  AddSpan(request, 2)
      ->set_start_time_unix_nano(uint64_t{kNowSeconds - 15 * 86'400} *
                                 1'000'000'000);
  AddSpan(request, 3)
      ->set_start_time_unix_nano(uint64_t{kNowSeconds + 3 * 3'600} *
                                 1'000'000'000);
  AddSpan(request, 4)->set_name(std::string(201 * 1024, 'x'));
  EXPECT_EQ(ExportOk(request).accepted, 1u);
  EXPECT_EQ(pipeline_->RejectCounts().at("span_time"), 2u);
  EXPECT_EQ(pipeline_->RejectCounts().at("span_size"), 1u);

  ExportTraceServiceRequest many;
  for (int i = 1; i <= 10'001; ++i) AddSpan(many, i);
  EXPECT_EQ(ExportOk(many).rejected, 1u);

  ExportTraceServiceRequest wide;
  AddSpan(wide, 1);
  auto* attribute =
      wide.mutable_resource_spans(0)->mutable_resource()->add_attributes();
  attribute->set_key("k");
  attribute->mutable_value()->set_string_value(std::string(17'000, 'x'));
  EXPECT_EQ(ExportOk(wide).rejected, 1u);
}

TEST_F(SpanPipelineTest, TheEnginesErrorIsAnswered) {
  engine_.FailWrites(absl::ResourceExhaustedError("queue full"));
  ExportTraceServiceRequest request;
  AddSpan(request, 1);
  AddSpan(request, 2)->clear_span_id();
  EXPECT_TRUE(
      absl::IsResourceExhausted(Export(request.SerializeAsString()).status()));
  const SpanCounts counts = pipeline_->Counts(SpanSource::kOtlpHttp);
  EXPECT_EQ(counts.received, 2u);
  EXPECT_EQ(counts.accepted, 0u);
  EXPECT_EQ(counts.failed, 1u);
}

}  // namespace
}  // namespace roentgen::server
