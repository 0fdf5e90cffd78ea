#include "storage/span/otlp_json_reader.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/limits.h"
#include "gtest/gtest.h"
#include "storage/span/span_view.h"
#include "storage/span/wire_fields.h"
#include "tests/storage/span/otlp_json_reading.h"

namespace roentgen::storage {
namespace {

TEST(OtlpJsonReaderTest, EveryFieldInAnyOrder) {
  ExpectReads(
      R"({"resourceSpans":[{"schemaUrl":"rs","scopeSpans":[{"spans":[{
        "flags":257,"status":{"code":2,"message":"m"},"droppedLinksCount":3,
        "links":[{"flags":5,"droppedAttributesCount":"4","attributes":[],
          "traceState":"ts","spanId":"0102030405060708",
          "traceId":"0102030405060708090a0b0c0d0e0f10"}],
        "droppedEventsCount":2,
        "events":[{"droppedAttributesCount":1,"name":"e","timeUnixNano":"7",
          "attributes":[{"value":{"intValue":5},"key":"a"}]}],
        "droppedAttributesCount":1,"endTimeUnixNano":1544712661000000000,
        "startTimeUnixNano":"1544712660000000000","kind":2,"name":"n",
        "parentSpanId":"00000000000000aa","traceState":"k=v",
        "spanId":"EEE19B7EC3C1B174","traceId":"5B8EFFF798038103D269B633813FC60C"
        }],"scope":{"version":"2","name":"lib","attributes":[{"key":"s"}],
        "droppedAttributesCount":9},"schemaUrl":"ss"}],
        "resource":{"entityRefs":[{"descriptionKeys":["d"],"idKeys":["","i"],
        "type":"t","schemaUrl":"u"}],"droppedAttributesCount":8,
        "attributes":[{"key":"service.name","value":{"stringValue":"x"}}]}}]})",
      Wire(R"(resource_spans {
        resource {
          attributes { key: "service.name" value { string_value: "x" } }
          dropped_attributes_count: 8
          entity_refs { schema_url: "u" type: "t" id_keys: ["", "i"]
                        description_keys: "d" }
        }
        scope_spans {
          scope { name: "lib" version: "2" attributes { key: "s" }
                  dropped_attributes_count: 9 }
          spans {
            trace_id: "\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f\xc6\x0c"
            span_id: "\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74"
            trace_state: "k=v" parent_span_id: "\0\0\0\0\0\0\0\xaa" name: "n"
            kind: SPAN_KIND_SERVER start_time_unix_nano: 1544712660000000000
            end_time_unix_nano: 1544712661000000000 dropped_attributes_count: 1
            events { time_unix_nano: 7 name: "e" dropped_attributes_count: 1
                     attributes { key: "a" value { int_value: 5 } } }
            dropped_events_count: 2
            links { trace_id: "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10"
                    span_id: "\x01\x02\x03\x04\x05\x06\x07\x08"
                    trace_state: "ts" dropped_attributes_count: 4 flags: 5 }
            dropped_links_count: 3 status { message: "m" code: STATUS_CODE_ERROR }
            flags: 257
          }
          schema_url: "ss"
        }
        schema_url: "rs"
      })"));
}

TEST(OtlpJsonReaderTest, Values) {
  struct Case {
    const char* json;
    const char* text;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"({"stringValue":"a\n\u00e4\ud83d\ude00"})",
            R"(string_value: "a\n\303\244\360\237\230\200")"},
           {R"({"stringValue":""})", "string_value: ''"},
           {R"({"boolValue":false})", "bool_value: false"},
           {R"({"intValue":0})", "int_value: 0"},
           {R"({"intValue":"-9223372036854775808"})",
            "int_value: -9223372036854775808"},
           {R"({"intValue":1e3})", "int_value: 1000"},
           {R"({"doubleValue":0})", "double_value: 0"},
           {R"({"doubleValue":-1.5e-3})", "double_value: -0.0015"},
           {R"({"doubleValue":"2.5"})", "double_value: 2.5"},
           {R"({"doubleValue":"NaN"})", "double_value: nan"},
           {R"({"doubleValue":"Infinity"})", "double_value: inf"},
           {R"({"doubleValue":"-Infinity"})", "double_value: -inf"},
           {R"({"bytesValue":""})", "bytes_value: ''"},
           {R"({"bytesValue":"+/8="})", R"(bytes_value: "\373\377")"},
           {R"({"bytesValue":"-_8"})", R"(bytes_value: "\373\377")"},
           {R"({"arrayValue":{}})", "array_value {}"},
           {R"({"arrayValue":{"values":[{},{"intValue":1}]}})",
            "array_value { values {} values { int_value: 1 } }"},
           {R"({"kvlistValue":{"values":[{"key":"a","value":{}}]}})",
            "kvlist_value { values { key: 'a' value {} } }"},
           {R"({"stringValueStrindex":0})", "string_value_strindex: 0"},
           {"{}", ""},
           {R"({"stringValue":null})", ""},
           // The last one wins, null gives none.
           {R"({"stringValue":"a","intValue":1})", "int_value: 1"},
           {R"({"intValue":1,"stringValue":"a","boolValue":null})",
            "string_value: 'a'"},
           {R"({"intValue":1,"intValue":2})", "int_value: 2"},
           {R"({"intValue":1,"intValue":null})", ""}}) {
    ExpectReads(WithValue(c.json), WireOfValue(c.text));
  }
}

TEST(OtlpJsonReaderTest, MembersOfSpans) {
  struct Case {
    const char* json;
    const char* text;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"{}", ""},
           // Defaults are left out, present messages are not.
           {R"({"name":"","kind":0,"flags":0,"attributes":[],"status":{},)"
            R"("startTimeUnixNano":"0","traceId":""})",
            "status {}"},
           {R"({"name":"a","name":"b"})", "name: 'b'"},
           {R"({"name":"a","name":""})", ""},
           {R"({"name":"a","name":null})", ""},
           {R"({"n\u0061me":"a"})", "name: 'a'"},
           // Of two spellings in one word neither is meant; it is skipped.
           {R"({"start_time_unixNano":"x","Name":1,"new":[{"a":[1e999]}],)"
            R"("name":"a"})",
            "name: 'a'"},
           {R"({"kind":-1})", "kind: -1"},
           {R"({"kind":77})", "kind: 77"},
           {R"({"flags":4294967295})", "flags: 4294967295"},
           {R"({"endTimeUnixNano":"18446744073709551615"})",
            "end_time_unix_nano: 18446744073709551615"},
           // Ids that no valid span has.
           {R"({"traceId":"xyz","spanId":"0","parentSpanId":"0g"})",
            R"(trace_id: "\0" span_id: "\0" parent_span_id: "\0")"},
           {R"({"traceId":"W47/95gDgQPSabYzgT/GDA=="})", R"(trace_id: "\0")"},
           {R"({"spanId":"0aFF"})", R"(span_id: "\n\xff")"}}) {
    ExpectReads(WithSpan(c.json), WireOfSpan(c.text));
  }
}

TEST(OtlpJsonReaderTest, EmptyRequests) {
  for (const char* json : {"{}", " {\n} ", R"({"resourceSpans":[]})",
                           R"({"resourceSpans":null})", R"({"else":1})"}) {
    ExpectReads(json, "");
  }
}

TEST(OtlpJsonReaderTest, WrongTypesAreNamed) {
  const std::string span = "resourceSpans[0].scopeSpans[0].spans[0]";
  ExpectError(R"({"resourceSpans":{}})", "resourceSpans: an object is no list");
  ExpectError(R"({"resourceSpans":[{},7]})",
              "resourceSpans[1]: 7 is no object");
  ExpectError(R"({"resourceSpans":[null]})",
              "resourceSpans[0]: null is no object");
  ExpectError(WithSpan(R"({},{},{"startTimeUnixNano":"abc"})"),
              "resourceSpans[0].scopeSpans[0].spans[2].startTimeUnixNano: "
              "\"abc\" is no unsigned 64-bit number");
  ExpectError(WithSpan(R"({"endTimeUnixNano":-1})"),
              span + ".endTimeUnixNano: -1 is no unsigned 64-bit number");
  ExpectError(WithSpan(R"({"name":5})"), span + ".name: 5 is no string");
  ExpectError(WithSpan(R"({"traceId":[]})"),
              span + ".traceId: a list is no string");
  ExpectError(WithSpan(R"({"kind":"SERVER"})"),
              span + ".kind: \"SERVER\" is no signed 32-bit number");
  ExpectError(WithSpan(R"({"kind":2147483648})"),
              span + ".kind: 2147483648 is no signed 32-bit number");
  ExpectError(WithSpan(R"({"flags":4294967296})"),
              span + ".flags: 4294967296 is no unsigned 32-bit number");
  ExpectError(WithSpan(R"({"status":"ok"})"),
              span + ".status: \"ok\" is no object");
  const std::string value = span + ".attributes[0].value";
  ExpectError(WithValue(R"({"boolValue":"true"})"),
              value + ".boolValue: \"true\" is no boolean");
  ExpectError(WithValue(R"({"intValue":1.5})"),
              value + ".intValue: 1.5 is no signed 64-bit number");
  ExpectError(WithValue(R"({"doubleValue":1e999})"),
              value + ".doubleValue: 1e999 is no 64-bit floating-point number");
  ExpectError(
      WithValue(R"({"doubleValue":"nan"})"),
      value + ".doubleValue: \"nan\" is no 64-bit floating-point number");
  ExpectError(WithValue(R"({"bytesValue":"a!"})"),
              value + ".bytesValue: \"a!\" is no base64");
  ExpectError(WithValue(R"({"arrayValue":{"values":[{},{"intValue":true}]}})"),
              value +
                  ".arrayValue.values[1].intValue: true is no signed "
                  "64-bit number");
  ExpectError(
      WithValue(R"({"intValue":")" + std::string(38, 'a') + "\u00e4\u00e4\"}"),
      value + ".intValue: \"" + std::string(38, 'a') +
          "... is no signed 64-bit number");
}

TEST(OtlpJsonReaderTest, RefusesWhatIsNoJson) {
  for (const char* json :
       {"", " ", "null", "[]", "1", R"("x")", "{", "{} {}", "{}x",
        R"({"resourceSpans":[{}]}])", R"({"else":[tru]})", R"({"else":01})",
        R"({"else":"\q"})", R"({"resourceSpans":nul})", "{\"a\":\xFF}",
        R"({"resourceSpans":[{"schemaUrl":"a"}{}]})",
        R"({"resourceSpans":[{},]})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(json).status())) << json;
  }
}

std::string Nested(int levels, std::string_view list) {
  std::string open, close;
  for (int i = 0; i < levels; ++i) {
    open += list == "map" ? R"({"kvlistValue":{"values":[{"value":)"
                          : R"({"arrayValue":{"values":[)";
    close += list == "map" ? "}]}}" : "]}}";
  }
  return open + R"({"intValue":1})" + close;
}

bool ReadFirstSpan(const std::string& wire, SpanView& span) {
  FieldReader resource(wire);
  if (!resource.Next()) return false;
  FieldReader scope(resource.bytes());
  if (!scope.Next()) return false;
  FieldReader spans(scope.bytes());
  return spans.Next() && ReadSpan(spans.bytes(), span);
}

// What a span may have over Protobuf it may have over JSON, and no more; one
// that has more costs only itself.
TEST(OtlpJsonReaderTest, AttributesThatNestTooDeepAreFoundBySpansReaders) {
  for (const std::string_view list : {"map", "array"}) {
    for (const int levels : {0, 31, 32, 33, 34, 100, 1'000, 100'000}) {
      const std::string value = Nested(levels, list);
      const std::string attribute = R"({"key":"k","value":)" + value + "}";
      struct Case {
        std::string json;
        std::string place;
      };
      const Case cases[] = {
          {R"({"attributes":[)" + attribute + "]}", "attributes[0]"},
          {R"({"events":[{},{"attributes":[)" + attribute + "]}]}",
           "events[1].attributes"},
          {R"({"links":[{"attributes":[)" + attribute + "]}]}",
           "links[0].attributes"}};
      for (const Case& c : cases) {
        SCOPED_TRACE(c.place + " " + std::to_string(levels));
        const auto read = Read(WithSpan(c.json));
        ASSERT_TRUE(read.ok()) << read.status();
        SpanView span;
        const bool good = levels <= limits::kAttributeDepthMax;
        EXPECT_EQ(ReadFirstSpan(*read, span), good);
        EXPECT_EQ(span.too_deep, good ? "" : c.place);
      }
    }
  }
}

TEST(OtlpJsonReaderTest, WhatIsBelowTheDeepestLevelIsStillJson) {
  std::string deep = Nested(500, "array");
  ASSERT_TRUE(Read(WithValue(deep)).ok());
  const size_t innermost = deep.find("intValue");
  deep.insert(innermost, "\\q");
  EXPECT_TRUE(std::string(Read(WithValue(deep)).status().message())
                  .starts_with("the body is no JSON object: at byte " +
                               std::to_string(WithValue(deep).find("\\q")) +
                               " stands "))
      << Read(WithValue(deep)).status();
  for (const std::string& half :
       {Nested(500, "array").substr(0, 9'000), std::string(100'000, '[')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(WithValue(half)).status()));
    EXPECT_FALSE(Read(R"({"a":)" + half).ok());
  }
}

TEST(OtlpJsonReaderTest, UnknownMembersMayNestAsDeepAsARequest) {
  const auto lists = [](size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  constexpr size_t kMax = limits::kOtlpJsonDepthMax;
  ExpectReads(R"({"a":)" + lists(kMax - 1) + "," + WithSpan("{}").substr(1),
              WireOfSpan(""));
  ExpectReads(WithSpan(R"({"a":)" + lists(kMax - 7) + "}"), WireOfSpan(""));
  const std::string too_deep =
      "nests deeper than the " + std::to_string(kMax) + " levels of a request";
  ExpectError(R"({"a":)" + lists(kMax) + "}", "a: " + too_deep);
  ExpectError(R"({"a":)" + lists(100'000) + "}", "a: " + too_deep);
  ExpectError(WithSpan(R"({"else":)" + lists(kMax - 6) + "}"),
              "resourceSpans[0].scopeSpans[0].spans[0].else: " + too_deep);
}

TEST(OtlpJsonReaderTest, AReaderIsReused) {
  OtlpJsonReader reader;
  std::string big =
      WithSpan(R"({"name":")" + std::string(3 << 20, 'x') + R"("})");
  std::string bad = WithSpan(R"({"name":1})");
  std::string good = WithSpan(R"({"name":"\u0061"})");
  const std::string before = good;
  EXPECT_TRUE(reader.Read(big).ok());
  EXPECT_FALSE(reader.Read(bad).ok());
  const auto read = reader.Read(good);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, WireOfSpan("name: 'a'"));
  EXPECT_EQ(good, before);
}

TEST(OtlpJsonReaderTest, TextsThatCannotBeShownAreMended) {
  for (const std::string bad :
       {R"(\ud83d)", R"(\uDE00)", R"(\ude00)", "\xFF"}) {
    ExpectReads(
        WithSpan(R"({"name":"a)" + bad + R"("},{"name":"b"})"),
        Wire("resource_spans { scope_spans { spans { name: 'a\xEF\xBF\xBD' }"
             " spans { name: 'b' } } }"));
    ExpectReads(WithSpan(R"({"attributes":[{"key":")" + bad +
                         R"(","value":{"stringValue":")" + bad + R"("}}],")" +
                         bad + R"(":1})"),
                WireOfSpan("attributes { key: '\xEF\xBF\xBD' value { "
                           "string_value: '\xEF\xBF\xBD' } }"));
  }
  ExpectReads(WithSpan(R"({"name":"\\ud83d \ud83d\ude00"})"),
              WireOfSpan("name: '\\\\ud83d \xF0\x9F\x98\x80'"));
}

TEST(OtlpJsonReaderTest, WhatIsNoJsonIsSaidWithItsPlace) {
  ExpectError("x", "the body is no JSON object: at byte 0 stands \"x\"");
  ExpectError("[]", "the body is no JSON object");
  ExpectError(R"({"resourceSpans":[)",
              "the body is no JSON object: it ends too soon, after 18 bytes");
  ExpectError(R"({"resourceSpans":[]} {)",
              "the body is no JSON object: at byte 21 stands \"{\"");
}

}  // namespace
}  // namespace roentgen::storage
