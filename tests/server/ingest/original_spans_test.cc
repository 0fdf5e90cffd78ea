// Spans with texts that are not UTF-8 are mended, and kept as they came: on
// every engine, open, sealed and after a restart.
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/ingest/span_pipeline.h"
#include "storage/engine/trace_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/span_text.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using storage::AppendBytesField;
using testing::IsEmpty;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr char kMended[] = "bad\xEF\xBF\xBD";
constexpr char kBad[] = "bad\xFF";

std::string Attribute(std::string_view key, std::string_view text) {
  std::string value, attribute;
  AppendBytesField(1, text, value);
  AppendBytesField(1, key, attribute);
  AppendBytesField(2, value, attribute);
  return attribute;
}

// With the text as its name, or in an attribute, an event, a link or the
// status.
std::string SpanWith(int place, std::string_view text, int number) {
  std::string span, inner;
  AppendBytesField(1, std::string(16, 't'), span);
  AppendBytesField(2, std::string(7, 's') + static_cast<char>('0' + number),
                   span);
  AppendBytesField(5, place == 0 ? text : "get", span);
  storage::AppendFixed64Field(7, 1'700'000'000'000'000'000, span);
  storage::AppendFixed64Field(8, 1'700'000'000'000'000'005, span);
  if (place == 1) AppendBytesField(9, Attribute(text, "v"), span);
  if (place == 2) AppendBytesField(9, Attribute("k", text), span);
  if (place == 3) AppendBytesField(2, text, inner);
  if (place == 3) AppendBytesField(11, inner, span);
  if (place == 4) AppendBytesField(3, text, inner);
  if (place == 4) AppendBytesField(13, inner, span);
  if (place == 5) AppendBytesField(2, text, inner);
  if (place == 5) AppendBytesField(15, inner, span);
  return span;
}
constexpr int kPlaces = 6;

std::string RequestOf(const std::vector<std::string>& spans,
                      std::string_view resource_text = "r",
                      std::string_view scope_text = "s") {
  std::string scope, spans_of_scope, resource, spans_of_resource, request;
  AppendBytesField(1, scope_text, scope);
  AppendBytesField(1, scope, spans_of_scope);
  for (const std::string& span : spans) {
    AppendBytesField(2, span, spans_of_scope);
  }
  AppendBytesField(1, Attribute("service.name", resource_text), resource);
  AppendBytesField(1, resource, spans_of_resource);
  AppendBytesField(2, spans_of_scope, spans_of_resource);
  AppendBytesField(1, spans_of_resource, request);
  return request;
}

// The last one.
std::string OriginalIn(std::string_view message) {
  std::string original;
  storage::FieldReader in(message);
  while (in.Next()) {
    if (in.field() == storage::kOriginalField) original = in.bytes();
  }
  return original;
}

class OriginalSpansTest : public testing::TestWithParam<EngineKind> {
 protected:
  void Put(const std::string& request, SpanPipeline::Options options = {}) {
    SpanPipeline pipeline(store_.engine(), store_.clock(), options);
    const auto outcome = pipeline.ExportAndWait(request, SpanSource::kOtlpHttp,
                                                absl::InfiniteFuture());
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->rejected, 0u) << outcome->message;
  }
  std::vector<storage::StoredRecord> Records() {
    const storage::TraceId id =
        storage::TraceId::FromBytes(std::string(16, 't'));
    auto traces =
        store_.engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(traces.ok()) << traces.status();
    if (!traces.ok() || traces->empty()) return {};
    return std::move(traces->front().records);
  }

  EngineUnderTest store_{GetParam(), kNow};
};

TEST_P(OriginalSpansTest, SpansAreKeptAsTheyCame) {
  std::vector<std::string> spans, healthy;
  for (int place = 0; place < kPlaces; ++place) {
    spans.push_back(SpanWith(place, kBad, place));
    healthy.push_back(SpanWith(place, "good", place + kPlaces));
  }
  Put(RequestOf(spans));
  Put(RequestOf(healthy));
  for (int settled = 0; settled < 2; ++settled) {
    const auto records = Records();
    ASSERT_EQ(records.size(), 2u * kPlaces);
    for (size_t i = 0; i < kPlaces; ++i) {
      const std::string& stored = records[i].document;
      EXPECT_EQ(storage::OriginalSpan(stored), spans[i]);
      storage::SpanView view;
      ASSERT_TRUE(storage::ReadSpan(stored, view));
      EXPECT_TRUE(view.valid_text);
      EXPECT_TRUE(stored.starts_with(
          SpanWith(static_cast<int>(i), kMended, static_cast<int>(i))));
      // Whose texts are UTF-8 has nothing more.
      EXPECT_EQ(records[i + kPlaces].document, healthy[i]);
    }
    store_.Settle();
  }
}

TEST_P(OriginalSpansTest, ResourcesAndScopesAreKeptAsTheyCame) {
  const std::string span = SpanWith(0, "get", 0);
  Put(RequestOf({span}, kBad, kBad));
  Put(RequestOf({span}, kBad, "s"));
  Put(RequestOf({span}));
  store_.Settle();
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  for (const auto& record : records) EXPECT_EQ(record.document, span);
  for (size_t i = 0; i < 2; ++i) {
    storage::ContextView view;
    ASSERT_TRUE(storage::ReadContext(*records[i].context, view));
    EXPECT_EQ(view.service_name, kMended);
    EXPECT_THAT(OriginalIn(records[i].context->resource_spans),
                testing::HasSubstr(kBad));
  }
  EXPECT_THAT(OriginalIn(records[0].context->scope_spans),
              testing::HasSubstr(kBad));
  // What needed no mending has nothing more.
  EXPECT_THAT(OriginalIn(records[1].context->scope_spans), IsEmpty());
  EXPECT_THAT(OriginalIn(records[2].context->resource_spans), IsEmpty());
}

// Where both would be too large the mended one is stored, not refused.
TEST_P(OriginalSpansTest, OriginalsAreBounded) {
  const std::string span = SpanWith(0, kBad, 0);
  const std::string mended = SpanWith(0, kMended, 0);
  SpanPipeline::Options options;
  options.span_bytes_max = mended.size() + span.size();
  Put(RequestOf({span}), options);
  --options.span_bytes_max;
  Put(RequestOf({span}), options);
  options.context_bytes_max = 60;
  Put(RequestOf({SpanWith(0, "get", 1)}, kBad + std::string(20, 'x')), options);
  store_.Settle();
  const auto records = Records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(storage::OriginalSpan(records[0].document), span);
  EXPECT_EQ(records[1].document, mended);
  EXPECT_THAT(OriginalIn(records[2].context->resource_spans), IsEmpty());
}

// A field that a client sends is no original of ours.
TEST_P(OriginalSpansTest, ClientsCannotMakeOriginals) {
  std::string deep = "x";
  for (int i = 0; i < 10'000; ++i) {
    std::string around;
    AppendBytesField(i % 2 == 0 ? 1 : 5, deep, around);
    deep = around;
  }
  std::string nested;
  AppendBytesField(9, deep, nested);
  for (const std::string& claim :
       {std::string("no span"), SpanWith(0, kBad, 1), SpanWith(0, "get", 0),
        std::string(), nested}) {
    std::string span = SpanWith(0, "get", 0);
    AppendBytesField(storage::kOriginalField, claim, span);
    EXPECT_EQ(storage::OriginalSpan(span), span);
  }
  // Nor is what it sends with a span that has to be mended.
  std::string span = SpanWith(0, kBad, 0);
  AppendBytesField(storage::kOriginalField, SpanWith(0, "get", 1), span);
  Put(RequestOf({span}));
  store_.Settle();
  const auto records = Records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(storage::OriginalSpan(records[0].document), span);
}

INSTANTIATE_TEST_SUITE_P(Engines, OriginalSpansTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::server
