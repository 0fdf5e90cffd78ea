// The spellings of members that senders use, lists that go on, and members
// that are not known.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "storage/span/otlp_json_reader.h"
#include "storage/span/wire_fields.h"
#include "tests/storage/span/otlp_json_reading.h"

namespace roentgen::storage {
namespace {

TEST(OtlpJsonSpellingTest, MembersMayBeSpelledAsInTheProtoFiles) {
  const std::string trace_id = "0102030405060708090a0b0c0d0e0f10";
  const std::string camel =
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":)"
      R"({"arrayValue":{"values":[{"stringValue":"x"},{"kvlistValue":)"
      R"({"values":[{"key":"b","value":{"bytesValue":"AQI="}}]}}]}}}],)"
      R"("droppedAttributesCount":1,"entityRefs":[{"schemaUrl":"s",)"
      R"("idKeys":["i"],"descriptionKeys":["d"]}]},"scopeSpans":[{"scope":)"
      R"({"name":"n","droppedAttributesCount":2},"schemaUrl":"u","spans":[)"
      R"({"traceId":")" +
      trace_id +
      R"(","spanId":"0102030405060708",)"
      R"("traceState":"t","parentSpanId":"0807060504030201","name":"op",)"
      R"("startTimeUnixNano":"5","endTimeUnixNano":"6",)"
      R"("attributes":[{"key":"k","value":{"intValue":"7"}},{"key":"l",)"
      R"("value":{"doubleValue":0.5}},{"key":"m","value":{"boolValue":true}}],)"
      R"("droppedAttributesCount":3,"events":[{"timeUnixNano":"8",)"
      R"("droppedAttributesCount":4}],"droppedEventsCount":5,"links":[)"
      R"({"traceId":")" +
      trace_id +
      R"(","spanId":"0102030405060708",)"
      R"("traceState":"l","droppedAttributesCount":6}],)"
      R"("droppedLinksCount":7}]}]}]})";
  std::string snake;
  for (size_t i = 0; i < camel.size(); ++i) {
    const char c = camel[i];
    const bool upper = c >= 'A' && c <= 'Z' && i > 0 && camel[i - 1] >= 'a' &&
                       camel[i - 1] <= 'z';
    if (upper) snake += '_';
    snake += upper ? static_cast<char>(c | 0x20) : c;
  }
  // The base64 text is no member.
  ASSERT_NE(snake.find("resource_spans"), snake.npos);
  ASSERT_NE(snake.find("kvlist_value"), snake.npos);
  const auto expected = Read(camel);
  ASSERT_TRUE(expected.ok()) << expected.status();
  ASSERT_GT(expected->size(), 100u);
  ExpectReads(snake, *expected);
  // Mixed, one member at a time.
  for (const std::string_view name :
       {"resourceSpans", "scopeSpans", "traceId", "stringValue",
        "startTimeUnixNano", "droppedLinksCount"}) {
    std::string mixed = snake;
    std::string spelled;
    for (const char c : name) {
      if (c >= 'A' && c <= 'Z') spelled += '_';
      spelled += static_cast<char>(c | 0x20);
    }
    const std::string member = '"' + spelled + '"';
    for (size_t at; (at = mixed.find(member)) != mixed.npos;) {
      mixed.replace(at, member.size(), '"' + std::string(name) + '"');
    }
    ExpectReads(mixed, *expected);
  }
}

// As in Protobuf, where a repeated field may stand in several places.
TEST(OtlpJsonSpellingTest, ListsThatAreGivenTwiceGoOn) {
  const std::string a = R"([{"name":"a"}])", b = R"([{"name":"b"}])";
  const auto in_span = [](const std::string& members) {
    return WithSpan("{" + members + "}");
  };
  const auto scopes = [](const std::string& spans) {
    return R"([{"spans":)" + spans + "}]";
  };
  const auto resources = [&](const std::string& spans) {
    return R"([{"scopeSpans":)" + scopes(spans) + "}]";
  };
  const std::string two_spans = "spans { name: 'a' } spans { name: 'b' }";
  struct Case {
    std::string camel;
    std::string snake;  // Of the same member.
    std::function<std::string(const std::string&)> body;
    std::string first;
    std::string second;
    std::string wire;
  };
  const auto whole = [](const std::string& m) { return "{" + m + "}"; };
  const auto resource = [](const std::string& m) {
    return R"({"resourceSpans":[{)" + m + "}]}";
  };
  const auto scope = [](const std::string& m) {
    return R"({"resourceSpans":[{"scopeSpans":[{)" + m + "}]}]}";
  };
  const auto value = [](const std::string& m) {
    return WithValue(R"({"arrayValue":{)" + m + "}}");
  };
  const Case cases[] = {
      {"resourceSpans", "resource_spans", whole, resources(a), resources(b),
       Wire("resource_spans { scope_spans { spans { name: 'a' } } }"
            " resource_spans { scope_spans { spans { name: 'b' } } }")},
      {"scopeSpans", "scope_spans", resource, scopes(a), scopes(b),
       Wire("resource_spans { scope_spans { spans { name: 'a' } }"
            " scope_spans { spans { name: 'b' } } }")},
      {"spans", "spans", scope, a, b,
       Wire("resource_spans { scope_spans { " + two_spans + " } }")},
      {"attributes", "attributes", in_span, R"([{"key":"a"}])",
       R"([{"key":"b"}])",
       WireOfSpan("attributes { key: 'a' } attributes { key: 'b' }")},
      {"events", "events", in_span, a, b,
       WireOfSpan("events { name: 'a' } events { name: 'b' }")},
      {"links", "links", in_span, R"([{"flags":1}])", R"([{"flags":2}])",
       WireOfSpan("links { flags: 1 } links { flags: 2 }")},
      {"values", "values", value, R"([{"intValue":1}])", R"([{"intValue":2}])",
       WireOfValue("array_value { values { int_value: 1 }"
                   " values { int_value: 2 } }")}};
  for (const Case& c : cases) {
    for (const std::string& first : {c.camel, c.snake}) {
      for (const std::string& second : {c.camel, c.snake}) {
        const std::string one = "\"" + first + "\":" + c.first;
        const std::string two = "\"" + second + "\":" + c.second;
        ExpectReads(c.body(one + "," + two), c.wire);
        // Nothing, in between or at the end, takes nothing away.
        ExpectReads(c.body(one + ",\"" + second + "\":null,\"" + first +
                           "\":[]," + two + ",\"" + first + "\":null"),
                    c.wire);
        // Members in between.
        ExpectReads(c.body(one + ",\"x\":1," + two), c.wire);
      }
    }
  }
  ExpectReads(in_span(R"("events":[{"name":"a"}],"links":[{"flags":1}],)"
                      R"("name":"n","events":[{"name":"b"},{"name":"c"}],)"
                      R"("links":[{"flags":2}])"),
              WireOfSpan("name: 'n' events { name: 'a' } events { name: 'b' }"
                         " events { name: 'c' } links { flags: 1 }"
                         " links { flags: 2 }"));
}

TEST(OtlpJsonSpellingTest, HowOftenAListGoesOnIsBounded) {
  std::string members;
  for (int i = 0; i < 52; ++i) {
    members += R"("events":[{}],"links":[{}],)";
    const auto read = Read(WithSpan("{" + members + R"("name":"n"})"));
    EXPECT_EQ(read.ok(), i <= 50) << i << read.status();
  }
  ExpectError(WithSpan("{" + members + R"("name":"n"})"),
              "resourceSpans[0].scopeSpans[0].spans[0].events: is given more "
              "than 100 times, with other members in between");
}

TEST(OtlpJsonSpellingTest, UnknownMembersBesideSpansAreNamed) {
  const std::string spans = R"("scopeSpans":[{"spans":[{"name":"s"}]}])";
  OtlpJsonReader reader;
  for (const std::string& body : std::vector<std::string>{
           R"({"resourceSpans":[{)" + spans + R"(},{"scope_span":[{}]}]})",
           R"({"scope_span":[{}],"resourceSpans":[{)" + spans + "}]}",
           R"({"resourceSpans":[{)" + spans + R"(,"scope_span":{"a":1}}]})",
           R"({"resourceSpans":[{"scopeSpans":[{"scope_span":[{}],"spans":[)"
           R"({"name":"s"}]}]}]})"}) {
    std::string json = body;
    ASSERT_TRUE(reader.Read(json).ok()) << body;
    EXPECT_EQ(reader.note(),
              "\"scope_span\" is no member known here: what it holds is not "
              "stored")
        << body;
  }
  // Scalars hold no spans, and a span's own members are not around spans.
  for (const std::string& body : std::vector<std::string>{
           R"({"resourceSpans":[{)" + spans + R"(,"x":1,"y":"z"}]})",
           WithSpan(R"({"name":"s","x":[{}]})")}) {
    std::string json = body;
    ASSERT_TRUE(reader.Read(json).ok()) << body;
    EXPECT_EQ(reader.note(), "") << body;
  }
}

TEST(OtlpJsonSpellingTest, NamesAreNotSpelledInOtherWays) {
  for (const char* name : {"TraceId", "trace_Id", "traceid", "_traceId",
                           "trace__id", "trace_id_", "TRACE_ID"}) {
    ExpectReads(WithSpan(R"({")" + std::string(name) + R"(":"00"})"),
                WireOfSpan(""));
  }
}

TEST(OtlpJsonSpellingTest, EnumerationsMayBeNames) {
  const char* const kinds[] = {"UNSPECIFIED", "INTERNAL", "SERVER",
                               "CLIENT",      "PRODUCER", "CONSUMER"};
  for (const std::string kind : kinds) {
    ExpectReads(WithSpan(R"({"kind":"SPAN_KIND_)" + kind + R"("})"),
                WireOfSpan("kind: SPAN_KIND_" + kind));
  }
  for (const std::string code : {"UNSET", "OK", "ERROR"}) {
    ExpectReads(
        WithSpan(R"({"status":{"code":"STATUS_CODE_)" + code + R"("}})"),
        WireOfSpan("status { code: STATUS_CODE_" + code + " }"));
  }
  for (const std::string wrong :
       {"SERVER", "span_kind_server", "", "2", "STATUS_CODE_OK"}) {
    EXPECT_FALSE(Read(WithSpan(R"({"kind":")" + wrong + R"("})")).ok())
        << wrong;
  }
}

TEST(OtlpJsonSpellingTest, InstrumentationLibrariesAreScopes) {
  for (const char* spans :
       {"instrumentationLibrarySpans", "instrumentation_library_spans"}) {
    for (const char* library :
         {"instrumentationLibrary", "instrumentation_library", "scope"}) {
      const auto read =
          Read(R"({"resourceSpans":[{")" + std::string(spans) + R"(":[{")" +
               library + R"(":{"name":"n"},"spans":[{"name":"s"}]}]}]})");
      ASSERT_TRUE(read.ok()) << read.status();
      std::string scope, resource, expected;
      AppendBytesField(1, "\x0A\x01n", scope);
      AppendBytesField(2, "\x2A\x01s", scope);
      AppendBytesField(1000, scope, resource);
      AppendBytesField(1, resource, expected);
      EXPECT_EQ(*read, expected);
    }
  }
}

TEST(OtlpJsonSpellingTest, WhatHoldsNoSpansIsNotTaken) {
  for (const std::string body :
       {R"({"spans":[{"traceId":"01"}]})", R"({"ResourceSpans":[{}]})",
        R"({"resource_span":[{}]})", R"({"data":{"resourceSpans":[]}})",
        R"({"resourceSpans":[],"resourceLogs":[{}]})",
        R"({"resourceSpans":[{"spans":[{}]}]})",
        R"({"resourceSpans":[{"scopeSpans":[{"Spans":[{}]}]}]})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(body).status())) << body;
  }
  EXPECT_EQ(Read(R"({"spans":[{}]})").status().message(),
            "the body has no spans, and \"spans\" is no member of it");
  // Nothing was there to take.
  for (const std::string body :
       {"{}", R"({"resourceSpans":[]})", R"({"resourceSpans":[{}],"a":1})",
        R"({"resourceSpans":[{"scopeSpans":[]}]})"}) {
    EXPECT_TRUE(Read(body).ok()) << body;
  }
  // An unknown member beside spans is passed over, as ever.
  ExpectReads(R"({"a":[1],"resourceSpans":[{"b":{"c":1},"scopeSpans":[)"
              R"({"d":[],"spans":[{"name":"s"}]}]}]})",
              WireOfSpan("name: 's'"));
}

}  // namespace
}  // namespace roentgen::storage
