// A trace that takes no more: what it costs in a request that has others, too.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "trace/model/ids.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using testing_support::Document;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::EntityText;
using testing_support::TraceNumber;

constexpr uint64_t kFull = 7;
constexpr size_t kRoom = 2;

class FullTraceTest : public testing::TestWithParam<EngineKind> {
 protected:
  // Trace kFull has room for two more.
  void SetUp() override {
    const storage::NewRecord one =
        testing_support::Record(Document({.trace = kFull}));
    for (size_t left = limits::kTraceRecordsMax - kRoom; left > 0;) {
      const size_t count = std::min<size_t>(left, 20'000);
      const absl::Status written = storage::WriteAndWait(
          store_.engine(), std::vector<storage::NewRecord>(count, one));
      ASSERT_TRUE(written.ok()) << written;
      left -= count;
    }
  }

  size_t Stored(uint64_t trace) {
    const storage::TraceId id = TraceNumber(trace);
    const auto found =
        store_.engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && !found->empty() ? found->front().records.size() : 0;
  }

  EngineUnderTest store_{GetParam(), Timestamp::FromSeconds(1'700'000'100)};
};

TEST_P(FullTraceTest, OfDocumentsTheOthersAreStored) {
  IngestPipeline pipeline(store_.engine());
  // Nobody knows that three do not fit; then it is known.
  for (uint64_t other = 10; other < 12; ++other) {
    const std::vector<std::string> documents = {
        Document({.trace = kFull, .id = 1}),
        "bad",
        Document({.trace = other, .id = 2}),
        "worse",
        Document({.trace = kFull, .id = 3}),
        Document({.trace = kFull, .id = 4}),
        Document({.trace = other, .id = 5})};
    const std::vector<std::string_view> views(documents.begin(),
                                              documents.end());
    const auto put =
        pipeline.PutAndWait(views, IngestSource::kHttp, absl::InfiniteFuture());
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(put->accepted, 2u);
    std::vector<std::string> refused;
    for (const UnprocessedSegment& u : put->unprocessed) {
      refused.push_back(u.error_code + " " + u.id.value_or("-"));
    }
    EXPECT_THAT(refused, testing::ElementsAre(
                             "InvalidSegment " + EntityText(1), "ParseError -",
                             "ParseError -", "InvalidSegment " + EntityText(3),
                             "InvalidSegment " + EntityText(4)));
    EXPECT_THAT(put->unprocessed[0].message,
                testing::StartsWith("Trace Size Exceeded."));
    EXPECT_EQ(Stored(other), 2u);
  }
  EXPECT_EQ(Stored(kFull), limits::kTraceRecordsMax - kRoom);
  EXPECT_EQ(pipeline.Counts(IngestSource::kHttp).accepted, 4u);
  EXPECT_EQ(pipeline.Counts(IngestSource::kHttp).failed, 0u);
  EXPECT_EQ(pipeline.RejectCounts().at("InvalidSegment"), 6u);
  EXPECT_EQ(pipeline.RejectCounts().at("ParseError"), 4u);
}

TEST_P(FullTraceTest, OfSpansTheOthersAreStored) {
  SpanPipeline pipeline(store_.engine(), SystemClock(), {});
  for (uint64_t other = 20; other < 22; ++other) {
    ExportTraceServiceRequest request;
    auto* scope = request.add_resource_spans()->add_scope_spans();
    uint64_t id = 0;
    for (const uint64_t trace :
         {kFull, other, uint64_t{0}, kFull, other, kFull}) {
      auto* span = scope->add_spans();
      span->set_trace_id(
          trace == 0 ? "bad" : std::string(TraceNumber(trace).AsBytes()));
      span->set_span_id(std::string(7, 'x') + static_cast<char>(++id));
      // This one is stored in other bytes than it came in.
      if (id == 5) span->set_name("\xff");
    }
    const auto done =
        pipeline.ExportAndWait(request.SerializeAsString(),
                               SpanSource::kOtlpHttp, absl::InfiniteFuture());
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(done->accepted, 2u);
    EXPECT_EQ(done->rejected, 4u);
    const std::string place = "resourceSpans[0].scopeSpans[0].spans";
    const std::string why = ": traceId " + TraceNumber(kFull).ToString() +
                            " has as many spans, or bytes of spans and "
                            "resources, as are stored";
    EXPECT_EQ(done->message, place + "[2]: traceId has 3 bytes, not 16; " +
                                 place + "[0]" + why + "; " + place + "[3]" +
                                 why + "; " + place + "[5]" + why);
    EXPECT_EQ(Stored(other), 2u);
  }
  EXPECT_EQ(Stored(kFull), limits::kTraceRecordsMax - kRoom);
  EXPECT_EQ(pipeline.Counts(SpanSource::kOtlpHttp).accepted, 4u);
  EXPECT_EQ(pipeline.Counts(SpanSource::kOtlpHttp).failed, 0u);
  EXPECT_EQ(pipeline.RejectCounts().at("trace_size"), 6u);
}

INSTANTIATE_TEST_SUITE_P(Engines, FullTraceTest,
                         testing::Values(EngineKind::kMemory,
                                         EngineKind::kRocksOpen),
                         [](const auto& test) {
                           return test.param == EngineKind::kMemory ? "Memory"
                                                                    : "Rocks";
                         });

}  // namespace
}  // namespace roentgen::server
