#include "storage/document/otel_spans.h"

#include "gmock/gmock.h"
#include "simdjson.h"

namespace roentgen::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<OtelSpan> Spans(std::string_view document) {
  auto spans = OtelSpansOf(document);
  EXPECT_TRUE(spans.ok()) << spans.status();
  return spans.ok() ? *std::move(spans) : std::vector<OtelSpan>();
}

constexpr char kSegment[] =
    R"({"name":"shop","id":"a1b2c3d4e5f60718",)"
    R"("trace_id":"1-66f01000-0123456789abcdef01234567",)"
    R"("parent_id":"00000000000000aa","start_time":1727008768.123456789,)"
    R"("end_time":1727008768.35,"user":"u1","origin":"AWS::ECS::Container",)"
    R"("http":{"request":{"method":"GET","url":"http://a/b",)"
    R"("client_ip":"192.0.2.1","x_forwarded_for":true},)"
    R"("response":{"status":503,"content_length":12}},)"
    R"("aws":{"account_id":"111122223333"},)"
    R"("annotations":{"tenant":"t1","big":true,"n":1.5},)"
    R"("metadata":{"app":{"huge":1e400},"list":[1],"s":"x"},)"
    R"("cause":{"exceptions":[{"id":"00000000000000bb","type":"E",)"
    R"("message":"m","stack":[{"path":"a.py","line":7,"label":"f"}]}]},)"
    R"("subsegments":[{"name":"DynamoDB","id":"a1b2c3d4e5f60719",)"
    R"("namespace":"aws","start_time":1,"end_time":2,"throttle":true,)"
    R"("aws":{"operation":"PutItem","table_name":"t"},)"
    R"("subsegments":[{"name":"work","id":"a1b2c3d4e5f60720",)"
    R"("start_time":1,"in_progress":true,)"
    R"("sql":{"url":"db:1","user":"x","database_type":"Pg"}}]}]})";

TEST(OtelSpansTest, OneSpanPerEntityWithExactTimes) {
  const auto spans = Spans(kSegment);
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0].id, "a1b2c3d4e5f60718");
  EXPECT_EQ(spans[2].id, "a1b2c3d4e5f60720");
  for (const char* part :
       {R"("traceId":"66f010000123456789abcdef01234567")",
        R"("spanId":"a1b2c3d4e5f60718","parentSpanId":"00000000000000aa")",
        R"("name":"shop","kind":2)",
        R"("startTimeUnixNano":"1727008768123456789")",
        R"("endTimeUnixNano":"1727008768350000000")",
        R"({"key":"service.name","value":{"stringValue":"shop"}})",
        R"({"key":"aws.xray.origin","value":{"stringValue":)",
        R"({"key":"cloud.provider","value":{"stringValue":"aws"}})",
        R"({"key":"http.request.method","value":{"stringValue":"GET"}})",
        R"({"key":"url.full","value":{"stringValue":"http://a/b"}})",
        R"({"key":"client.address","value":{"stringValue":"192.0.2.1"}})",
        R"({"key":"http.response.status_code","value":{"intValue":"503"}})",
        R"({"key":"http.response.body.size","value":{"intValue":"12"}})",
        R"({"key":"aws.xray.x_forwarded_for","value":{"boolValue":true}})",
        R"({"key":"enduser.id","value":{"stringValue":"u1"}})",
        R"({"key":"tenant","value":{"stringValue":"t1"}})",
        R"({"key":"big","value":{"boolValue":true}})",
        R"({"key":"n","value":{"doubleValue":1.5}})",
        R"({"key":"aws.xray.metadata.app","value":{"stringValue":)",
        R"("status":{"code":2})",
        R"("name":"exception")",
        R"({"key":"exception.type","value":{"stringValue":"E"}})",
        R"({"stringValue":"at f(a.py:7)\n"})"}) {
    EXPECT_THAT(spans[0].json, HasSubstr(part));
  }
}

TEST(OtelSpansTest, SubsegmentsAreClientsOrInternal) {
  const auto spans = Spans(kSegment);
  ASSERT_EQ(spans.size(), 3u);
  for (const char* part :
       {R"("parentSpanId":"a1b2c3d4e5f60718")", R"("kind":3)",
        R"({"key":"aws.service","value":{"stringValue":"DynamoDB"}})",
        R"({"key":"aws.operation","value":{"stringValue":"PutItem"}})",
        R"({"key":"aws.table_name","value":{"stringValue":"t"}})",
        R"({"key":"aws.xray.throttle","value":{"boolValue":true}})",
        R"("status":{"code":2})"}) {
    EXPECT_THAT(spans[1].json, HasSubstr(part));
  }
  for (const char* part :
       {R"("parentSpanId":"a1b2c3d4e5f60719")", R"("kind":1)",
        R"({"key":"db.system","value":{"stringValue":"Pg"}})",
        R"({"key":"db.connection_string","value":{"stringValue":"db:1"}})",
        R"({"key":"aws.xray.inprogress","value":{"boolValue":true}})",
        R"("status":{"code":0})", R"("endTimeUnixNano":"1000000000")"}) {
    EXPECT_THAT(spans[2].json, HasSubstr(part));
  }
  EXPECT_THAT(spans[2].json, Not(HasSubstr("tenant")));
}

TEST(OtelSpansTest, EverySpanIsJson) {
  for (const OtelSpan& span : Spans(kSegment)) {
    simdjson::dom::parser parser;
    EXPECT_FALSE(parser.parse(span.json).error()) << span.json;
  }
}

TEST(OtelSpansTest, RefusesWhatIsNoDocument) {
  EXPECT_TRUE(absl::IsDataLoss(OtelSpansOf("{}").status()));
}

}  // namespace
}  // namespace roentgen::storage
