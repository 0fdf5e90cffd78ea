// The reader of spans against Protobuf's own.
#include "trace/span/span_view.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "google/protobuf/stubs/logging.h"
#include "opentelemetry/proto/common/v1/common.pb.h"
#include "opentelemetry/proto/resource/v1/resource.pb.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "tests/trace/span/random_traces.h"
#include "trace/model/record.h"

namespace roentgen::storage {
namespace {

namespace otlp = opentelemetry::proto::trace::v1;
namespace common = opentelemetry::proto::common::v1;
using Kind = AnyValueView::Kind;

bool Same(const AnyValueView& view, const common::AnyValue& value);

bool Same(const std::vector<AttributeView>& views,
          const google::protobuf::RepeatedPtrField<common::KeyValue>& pairs) {
  if (views.size() != static_cast<size_t>(pairs.size())) return false;
  for (size_t i = 0; i < views.size(); ++i) {
    const common::KeyValue& pair = pairs[static_cast<int>(i)];
    if (views[i].key != pair.key() || !Same(views[i].value, pair.value())) {
      return false;
    }
  }
  return true;
}

bool SameArray(std::string_view bytes, const common::ArrayValue& array) {
  std::vector<AnyValueView> views;
  if (!ReadArray(bytes, views)) return false;
  if (views.size() != static_cast<size_t>(array.values_size())) return false;
  for (size_t i = 0; i < views.size(); ++i) {
    if (!Same(views[i], array.values(static_cast<int>(i)))) return false;
  }
  return true;
}

bool SameMap(std::string_view bytes, const common::KeyValueList& map) {
  std::vector<AttributeView> views;
  return ReadAttributes(bytes, 1, views) && Same(views, map.values());
}

bool Same(const AnyValueView& view, const common::AnyValue& value) {
  switch (value.value_case()) {
    case common::AnyValue::kStringValue:
      return view.kind == Kind::kString && view.bytes == value.string_value();
    case common::AnyValue::kBoolValue:
      return view.kind == Kind::kBool && view.boolean == value.bool_value();
    case common::AnyValue::kIntValue:
      return view.kind == Kind::kInt && view.integer == value.int_value();
    case common::AnyValue::kDoubleValue:
      return view.kind == Kind::kDouble &&
             std::bit_cast<uint64_t>(view.number) ==
                 std::bit_cast<uint64_t>(value.double_value());
    case common::AnyValue::kBytesValue:
      return view.kind == Kind::kBytes && view.bytes == value.bytes_value();
    case common::AnyValue::kArrayValue:
      return view.kind == Kind::kArray &&
             SameArray(view.bytes, value.array_value());
    case common::AnyValue::kKvlistValue:
      return view.kind == Kind::kMap &&
             SameMap(view.bytes, value.kvlist_value());
    default:
      return view.kind == Kind::kEmpty;
  }
}

std::vector<AttributeView> Attributes(std::string_view message,
                                      uint32_t field) {
  std::vector<AttributeView> views;
  EXPECT_TRUE(ReadAttributes(message, field, views));
  return views;
}

void ExpectSame(const SpanView& view, const otlp::Span& span) {
  EXPECT_EQ(view.trace_id, span.trace_id());
  EXPECT_EQ(view.span_id, span.span_id());
  EXPECT_EQ(view.parent_span_id, span.parent_span_id());
  EXPECT_EQ(view.trace_state, span.trace_state());
  EXPECT_EQ(view.name, span.name());
  EXPECT_EQ(static_cast<int32_t>(view.kind), span.kind());
  EXPECT_EQ(view.start_ns, span.start_time_unix_nano());
  EXPECT_EQ(view.end_ns, span.end_time_unix_nano());
  EXPECT_EQ(view.flags, span.flags());
  EXPECT_EQ(view.status_message, span.status().message());
  EXPECT_EQ(static_cast<int32_t>(view.status_code), span.status().code());
  EXPECT_TRUE(Same(view.attributes, span.attributes()));
  ASSERT_EQ(view.events.size(), static_cast<size_t>(span.events_size()));
  for (size_t i = 0; i < view.events.size(); ++i) {
    const auto& event = span.events(static_cast<int>(i));
    EXPECT_EQ(view.events[i].name, event.name());
    EXPECT_EQ(view.events[i].time_ns, event.time_unix_nano());
    EXPECT_TRUE(
        Same(Attributes(view.events[i].message, 3), event.attributes()));
  }
  ASSERT_EQ(view.links.size(), static_cast<size_t>(span.links_size()));
  for (size_t i = 0; i < view.links.size(); ++i) {
    const auto& link = span.links(static_cast<int>(i));
    EXPECT_EQ(view.links[i].trace_id, link.trace_id());
    EXPECT_EQ(view.links[i].span_id, link.span_id());
    EXPECT_EQ(view.links[i].trace_state, link.trace_state());
    EXPECT_TRUE(Same(Attributes(view.links[i].message, 4), link.attributes()));
  }
}

std::vector<otlp::Span> RandomSpans() {
  std::vector<otlp::Span> spans;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const otlp::TracesData traces = RandomTraces(seed);
    for (const auto& resource : traces.resource_spans()) {
      for (const auto& scope : resource.scope_spans()) {
        spans.insert(spans.end(), scope.spans().begin(), scope.spans().end());
      }
    }
  }
  return spans;
}

TEST(SpanViewTest, ReadsWhatProtobufReads) {
  SpanView view;
  for (const otlp::Span& span : RandomSpans()) {
    const std::string bytes = span.SerializeAsString();
    ASSERT_TRUE(ReadSpan(bytes, view));
    EXPECT_TRUE(view.valid_text);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(view, span));
    ASSERT_FALSE(::testing::Test::HasFailure()) << span.DebugString();
  }
}

// Damage that goes unnoticed is read as Protobuf reads it.
TEST(SpanViewTest, DamagedBytesAreNoOtherSpanThanProtobufMakesOfThem) {
  // Protobuf complains of texts that are not UTF-8.
  const google::protobuf::LogSilencer silent;
  std::mt19937 random(7);
  SpanView view;
  size_t read = 0, refused = 0;
  for (const otlp::Span& span : RandomSpans()) {
    for (int round = 0; round < 40; ++round) {
      std::string bytes = span.SerializeAsString();
      if (bytes.empty()) continue;
      const size_t at = random() % bytes.size();
      if (round % 4 == 0) {
        bytes.resize(at);
      } else {
        bytes[at] = static_cast<char>(random());
      }
      if (!ReadSpan(bytes, view)) {
        ++refused;
        continue;
      }
      ++read;
      otlp::Span parsed;
      ASSERT_EQ(parsed.ParseFromString(bytes), view.valid_text);
      if (!view.valid_text) continue;
      ASSERT_NO_FATAL_FAILURE(ExpectSame(view, parsed));
      ASSERT_FALSE(::testing::Test::HasFailure()) << parsed.DebugString();
    }
  }
  EXPECT_GT(read, 1'000u);
  EXPECT_GT(refused, 1'000u);
}

// Sizes at which an attribute is no longer read in one look.
TEST(SpanViewTest, TextsOfAllSizesAreRead) {
  SpanView view;
  for (size_t key = 0; key < 300; ++key) {
    for (size_t value : {size_t{0}, size_t{1}, size_t{121}, size_t{127 - 2},
                         size_t{126}, size_t{127}, size_t{128}, size_t{300}}) {
      otlp::Span span;
      common::KeyValue& pair = *span.add_attributes();
      pair.set_key(std::string(key, 'k'));
      pair.mutable_value()->set_string_value(std::string(value, 'v'));
      const std::string bytes = span.SerializeAsString();
      ASSERT_TRUE(ReadSpan(bytes, view));
      ASSERT_TRUE(Same(view.attributes, span.attributes()));
    }
  }
}

TEST(SpanViewTest, TextsThatAreNotUtf8AreNoticedWhereverTheyStand) {
  SpanView view;
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (const bool in_key : {true, false}) {
        std::string text(size, 'a');
        text[at] = '\xFF';
        // Field 9: a key, and a value with a text.
        std::string value = {'\x0A', static_cast<char>(size)};
        value += text;
        const std::string key = in_key ? text : "k";
        std::string pair = {'\x0A', static_cast<char>(key.size())};
        pair += key;
        pair += {'\x12', static_cast<char>(value.size())};
        pair += value;
        std::string bytes = {'\x4A', static_cast<char>(pair.size())};
        bytes += pair;
        ASSERT_TRUE(ReadSpan(bytes, view));
        EXPECT_FALSE(view.valid_text);
        EXPECT_EQ(view.attributes[0].value.bytes, text);
      }
    }
  }
}

common::AnyValue Nested(int levels) {
  common::AnyValue value;
  value.set_int_value(1);
  for (int i = 0; i < levels; ++i) {
    common::AnyValue outer;
    if (i % 2 == 0) {
      *outer.mutable_array_value()->add_values() = std::move(value);
    } else {
      *outer.mutable_kvlist_value()->add_values()->mutable_value() =
          std::move(value);
    }
    value = std::move(outer);
  }
  return value;
}

TEST(SpanViewTest, AttributesThatNestTooDeepAreTold) {
  SpanView view;
  for (const int levels : {32, 33, 80}) {
    otlp::Span span;
    span.set_trace_id("0123456789abcdef");
    span.add_attributes();
    *span.add_attributes()->mutable_value() = Nested(levels);
    span.add_attributes();
    *span.add_events()->add_attributes()->mutable_value() = Nested(levels);
    span.set_name("last");
    const bool good = levels <= limits::kAttributeDepthMax;
    std::string bytes = span.SerializeAsString();
    EXPECT_EQ(ReadSpan(bytes, view), good);
    EXPECT_EQ(view.too_deep, good ? "" : "attributes[1]");
    EXPECT_EQ(view.name, "last");
    EXPECT_EQ(view.trace_id, span.trace_id());
    EXPECT_EQ(view.attributes.size(), 3u);
    span.clear_attributes();
    bytes = span.SerializeAsString();
    EXPECT_EQ(ReadSpan(bytes, view), good);
    EXPECT_EQ(view.too_deep, good ? "" : "events[0].attributes");
    // Bytes that are no span at all are just that.
    bytes += '\x0A';
    EXPECT_FALSE(ReadSpan(bytes, view));
    EXPECT_EQ(view.too_deep, "");
    std::vector<AttributeView> attributes;
    EXPECT_EQ(ReadAttributes(span.events(0).SerializeAsString(), 3, attributes),
              good);
  }
}

TEST(SpanViewTest, ContextsThatNestTooDeepAreTold) {
  ContextView view;
  for (const int levels : {32, 33}) {
    otlp::ResourceSpans resource;
    *resource.mutable_resource()->add_attributes()->mutable_value() =
        Nested(levels);
    otlp::ScopeSpans scope;
    *scope.mutable_scope()->add_attributes()->mutable_value() = Nested(levels);
    const bool good = levels <= limits::kAttributeDepthMax;
    const std::string r = resource.SerializeAsString();
    const std::string s = scope.SerializeAsString();
    for (const SpanContext& context :
         {SpanContext{.resource_spans = r, .scope_spans = {}, .profile = {}},
          SpanContext{.resource_spans = {}, .scope_spans = s, .profile = {}}}) {
      EXPECT_EQ(ReadContext(context, view), good);
      EXPECT_EQ(view.too_deep, !good);
    }
    const SpanContext damaged = {
        .resource_spans = r, .scope_spans = "\x0A", .profile = {}};
    EXPECT_FALSE(ReadContext(damaged, view));
    EXPECT_FALSE(view.too_deep);
  }
}

}  // namespace
}  // namespace roentgen::storage
