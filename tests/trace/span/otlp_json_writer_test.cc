#include "trace/span/otlp_json_writer.h"

#include <string>

#include "base/wire.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "simdjson.h"
#include "tests/trace/span/random_traces.h"
#include "trace/span/otlp_json_reader.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {
namespace {

namespace otlp = opentelemetry::proto::trace::v1;

template <typename Message>
std::string Wire(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message.SerializeAsString();
}

std::string SpanJson(const std::string& text) {
  std::string out;
  OtlpJsonWriter writer(out);
  EXPECT_TRUE(writer.Write(kSpanMessage, Wire<otlp::Span>(text))) << text;
  return out;
}

std::string Json(const OtlpMessage& message, std::string_view bytes) {
  std::string out;
  OtlpJsonWriter writer(out);
  EXPECT_TRUE(writer.Write(message, bytes));
  return out;
}

TEST(OtlpJsonWriterTest, Spans) {
  struct Case {
    const char* text;
    const char* json;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", "{}"},
           {R"(trace_id: "\x01\xAB" span_id: "\xff" parent_span_id: "")",
            R"({"traceId":"01ab","spanId":"ff"})"},
           {"kind: SPAN_KIND_CLIENT start_time_unix_nano: 18446744073709551615 "
            "dropped_events_count: 4294967295 status {} flags: 1",
            R"({"kind":3,"startTimeUnixNano":"18446744073709551615",)"
            R"("droppedEventsCount":4294967295,"status":{},"flags":1})"},
           {"kind: -1 status { code: STATUS_CODE_ERROR message: '\"' }",
            R"({"kind":-1,"status":{"message":"\"","code":2}})"},
           {"events { time_unix_nano: 5 } events { name: 'e' }",
            R"({"events":[{"timeUnixNano":"5"},{"name":"e"}]})"},
           {"attributes { key: 'a' value { int_value: 0 } }"
            "attributes { key: 'b' value { double_value: 0.1 } }"
            "attributes { key: 'c' value { double_value: nan } }"
            "attributes { key: 'd' value { double_value: -inf } }"
            "attributes { key: 'e' value { bytes_value: 'abcd' } }"
            "attributes { key: 'f' value { string_value: '' } }"
            "attributes { key: 'g' value { array_value {"
            "  values { bool_value: false } values {} } } }"
            "attributes { key: 'h' value { kvlist_value {} } }"
            "attributes { key: 'i' }",
            R"({"attributes":[{"key":"a","value":{"intValue":"0"}},)"
            R"({"key":"b","value":{"doubleValue":0.1}},)"
            R"({"key":"c","value":{"doubleValue":"NaN"}},)"
            R"({"key":"d","value":{"doubleValue":"-Infinity"}},)"
            R"({"key":"e","value":{"bytesValue":"YWJjZA=="}},)"
            R"({"key":"f","value":{"stringValue":""}},)"
            R"({"key":"g","value":{"arrayValue":{"values":)"
            R"([{"boolValue":false},{}]}}},)"
            R"({"key":"h","value":{"kvlistValue":{}}},{"key":"i"}]})"}}) {
    EXPECT_EQ(SpanJson(c.text), c.json);
  }
}

// Bytes that Protobuf would not write itself mean what they mean to it.
TEST(OtlpJsonWriterTest, AnyOrderAndRepeatedFields) {
  const std::string a = Wire<otlp::Span>("name: 'a' events { name: 'x' }");
  const std::string b = Wire<otlp::Span>(
      "trace_id: 't' name: 'b' events { name: 'y' } status { message: 'm' }");
  const std::string c = Wire<otlp::Span>("name: '' status { code: 2 }");
  EXPECT_EQ(Json(kSpanMessage, b + a + c),
            R"({"traceId":"74","name":"a","events":[{"name":"y"},)"
            R"({"name":"x"}],"status":{"message":"m","code":2}})");
  otlp::Span merged;
  ASSERT_TRUE(merged.ParseFromString(b + a + c));
  EXPECT_EQ(Json(kSpanMessage, b + a + c),
            Json(kSpanMessage, merged.SerializeAsString()));
}

TEST(OtlpJsonWriterTest, TextThatIsNoUtf8IsJsonAllTheSame) {
  const std::string span("\x2A\x02\xFF\x22", 4);  // name
  EXPECT_EQ(Json(kSpanMessage, span), "{\"name\":\"\xEF\xBF\xBD\\\"\"}");
}

TEST(OtlpJsonWriterTest, UnknownFieldsAndOtherTypesAreSkipped) {
  // Field 99, and a name that is a number.
  const std::string span("\x9A\x06\x01x\x28\x05\x30\x02", 8);
  EXPECT_EQ(Json(kSpanMessage, span), R"({"kind":2})");
}

TEST(OtlpJsonWriterTest, RefusesBrokenBytes) {
  for (const std::string& bytes :
       {std::string("\x2A\x05x", 3), std::string("\x2A", 1),
        std::string("\x39\0\0", 3), std::string("\x4A\x02\x0A\x05", 4),
        std::string("\x0B", 1)}) {
    std::string out;
    OtlpJsonWriter writer(out);
    EXPECT_FALSE(writer.Write(kSpanMessage, bytes));
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) {
    // An array value of one value, and the value of an attribute at last.
    std::string length;
    AppendVarint(deep.size(), length);
    deep.insert(0, "\x0A" + length);
    length.clear();
    AppendVarint(deep.size(), length);
    deep.insert(0, "\x2A" + length);
    if (deep.size() > 20'000) break;
  }
  std::string length, span;
  AppendVarint(deep.size(), length);
  span = "\x12" + length + deep;
  length.clear();
  AppendVarint(span.size(), length);
  span = "\x4A" + length + span;
  std::string out;
  OtlpJsonWriter writer(out);
  EXPECT_FALSE(writer.Write(kSpanMessage, span));
}

TEST(OtlpJsonWriterTest, WithItsContext) {
  const SpanContext context{
      .resource_spans = Wire<otlp::ResourceSpans>(
          "resource { attributes { key: 'a' } } schema_url: 'u'"),
      .scope_spans = Wire<otlp::ScopeSpans>("scope { name: 's' }"),
      .profile = {}};
  std::string out = "[";
  EXPECT_TRUE(
      OtlpJsonWriter(out).WriteSpan(context, Wire<otlp::Span>("name: 'n'")));
  EXPECT_EQ(out, R"([{"resource":{"attributes":[{"key":"a"}]},)"
                 R"("scope":{"name":"s"},"name":"n"})");
  out.clear();
  EXPECT_TRUE(OtlpJsonWriter(out).WriteSpan({}, ""));
  EXPECT_EQ(out, R"({"resource":{},"scope":{}})");
}

TEST(OtlpJsonWriterTest, ReadsBackTheSame) {
  OtlpJsonReader reader;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const otlp::TracesData traces = RandomTraces(seed);
    const std::string wire = traces.SerializeAsString();
    std::string json = Json(kTracesDataMessage, wire);
    simdjson::dom::parser parser;
    EXPECT_FALSE(parser.parse(json).error()) << json;
    const auto read = reader.Read(json);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << json;
    EXPECT_EQ(*read, wire) << seed << "\n" << json;
  }
}

}  // namespace
}  // namespace roentgen::storage
