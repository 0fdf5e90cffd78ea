// Zipkin in and out, without HTTP.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"
#include "server/ingest/span_pipeline.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_reader.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

// 2023-11-14T22:13:20Z, in microseconds.
constexpr char kStart[] = "1700000000000000";

class ZipkinTest : public testing::Test {
 protected:
  ExportOutcome Put(const absl::StatusOr<ZipkinRequest>& spans) {
    EXPECT_TRUE(spans.ok()) << spans.status();
    if (!spans.ok()) return {};
    auto outcome = pipeline_.ExportAndWait(spans->otlp, SpanSource::kZipkin,
                                           absl::InfiniteFuture());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok()) return {};
    outcome->rejected += spans->rejected;
    return *outcome;
  }

  std::string Find(const std::string& query) {
    const auto parameters = QueryString::Parse(query);
    EXPECT_TRUE(parameters.ok());
    const auto json = api_.FindTraces(*parameters, testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }
  std::string Get(const std::string& id) {
    const auto json = api_.GetTrace(id, testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }

  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  storage::MemoryEngine engine_{clock_, absl::Hours(720)};
  SpanPipeline pipeline_{engine_, clock_, {}};
  query::SpanSearch search_{engine_};
  ZipkinApi api_{search_, clock_};
};

TEST_F(ZipkinTest, ASpanComesBackAsItWasSent) {
  const std::string span =
      R"({"traceId":"463ac35c9f6413ad48485a3953bb6124",)"
      R"("id":"a2fb4a1d1a96d312","parentId":"0020000000000001",)"
      R"("name":"get /","kind":"CLIENT","timestamp":1700000000000000,)"
      R"("duration":1431,"localEndpoint":{"serviceName":"frontend",)"
      R"("ipv4":"10.0.0.1","port":80},"remoteEndpoint":)"
      R"({"serviceName":"backend","ipv4":"10.0.0.2","port":9000},)"
      R"("annotations":[{"timestamp":1700000000000100,"value":"ws"}],)"
      R"("shared":true,"debug":true,)"
      R"("tags":{"http.method":"GET","http.path":"/api"}})";
  EXPECT_EQ(Put(ReadZipkinJson("[" + span + "]")).accepted, 1u);
  EXPECT_EQ(Get("463ac35c9f6413ad48485a3953bb6124"), "[" + span + "]");
}

TEST_F(ZipkinTest, ShortIdsArePaddedAndShownAsGiven) {
  Put(ReadZipkinJson(
      std::string(R"([{"traceId":"463ac35c9f6413ad","id":"2",)") +
      R"("timestamp":)" + kStart + "}]"));
  EXPECT_THAT(Get("463ac35c9f6413ad"),
              HasSubstr(R"("traceId":"463ac35c9f6413ad")"));
  EXPECT_THAT(Get("0000000000000000463ac35c9f6413ad"),
              HasSubstr(R"("id":"0000000000000002")"));
}

TEST_F(ZipkinTest, ABadSpanNeverCostsItsNeighbours) {
  const ExportOutcome outcome =
      Put(ReadZipkinJson(R"([{"traceId":"x","id":"1"},{"id":"2"},)"
                         R"({"traceId":"1","id":"0"},)"
                         R"({"traceId":"1","id":"2","parentId":"zz"},)"
                         R"({"traceId":"1","id":"1","tags":7}])"));
  EXPECT_EQ(outcome.accepted, 0u);
  EXPECT_EQ(outcome.rejected, 5u);
}

// By the field and what stands there.
TEST_F(ZipkinTest, WhatIsWrongWithASpanIsSaid) {
  const auto message = [](const std::string& member) {
    const auto spans =
        ReadZipkinJson(R"([{"traceId":"1","id":"2"},{"traceId":"1","id":"2",)" +
                       member + "}]");
    EXPECT_TRUE(spans.ok()) << spans.status();
    EXPECT_EQ(spans->rejected, spans->message.empty() ? 0u : 1u);
    return spans->message;
  };
  EXPECT_EQ(message(R"("timestamp":"x")"),
            R"(spans[1]: timestamp "x" is no number that is not negative)");
  EXPECT_EQ(message(R"("duration":-1)"),
            "spans[1]: duration -1 is no number that is not negative");
  EXPECT_EQ(message(R"("parentId":"zz")"),
            R"(spans[1]: parentId "zz" is not of hex digits)");
  EXPECT_EQ(message(R"("parentId":"00112233445566778")"),
            R"(spans[1]: parentId "00112233445566778" has more than 16 hex )"
            "digits");
  EXPECT_EQ(message(R"("name":7)"), "spans[1]: name 7 is no text");
  EXPECT_EQ(message(R"("tags":7)"), "spans[1]: tags 7 is no object");
  EXPECT_EQ(message(R"("tags":{"a":[1]})"),
            R"(spans[1]: tag "a": [1] is no text)");
  EXPECT_EQ(message(R"("tags":{"a":"1","http.\"path\n":null,"b":null})"),
            R"(spans[1]: tag "http.\"path\n": null is no text)");
  EXPECT_EQ(message(R"("tags":{")" + std::string(50, 'k') + R"(":{}})"),
            "spans[1]: tag \"" + std::string(39, 'k') + "...: {} is no text");
  EXPECT_EQ(message(R"("annotations":{})"),
            "spans[1]: annotations {} is no list");
  EXPECT_EQ(message(R"("annotations":[{"timestamp":"soon"}])"),
            R"(spans[1]: timestamp "soon" is no number that is not negative)");
  EXPECT_EQ(message(R"("localEndpoint":{"port":"http"})"),
            R"(spans[1]: port "http" is no number that is not negative)");
  EXPECT_EQ(message(R"("shared":"yes")"),
            R"(spans[1]: shared "yes" is neither true nor false)");
  EXPECT_EQ(message(R"("kind":)" + ("\"" + std::string(50, 'K')) + R"(")"), "");
  EXPECT_EQ(message(R"("debug":)" + ("\"" + std::string(50, 'K')) + R"(")"),
            "spans[1]: debug \"" + std::string(39, 'K') +
                "... is neither true nor false");
  EXPECT_EQ(message(R"("timestamp":"17","duration":1.5,"tags":{"n":1.5},)"
                    R"("name":null,"parentId":"","shared":null)"),
            "");
  EXPECT_EQ(ReadZipkinJson(R"([{"id":"1"}])")->message,
            "spans[0]: traceId is missing");
}

TEST_F(ZipkinTest, WhatIsNoListOfSpansIsRefused) {
  for (const char* json :
       {"", "{", "{}", "[1]", "[[]]", "null", R"([{"traceId":"1"})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadZipkinJson(json).status())) << json;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ReadZipkinProto("\x0a\xff").status()));
  EXPECT_TRUE(ReadZipkinJson("[]").ok());
  EXPECT_TRUE(ReadZipkinProto("").ok());
}

TEST_F(ZipkinTest, ProtobufSaysTheSame) {
  using storage::AppendBytesField;
  std::string endpoint, tag, span, list;
  AppendBytesField(1, "frontend", endpoint);
  AppendBytesField(2, std::string("\x0a\0\0\x01", 4), endpoint);
  AppendBytesField(1, "error", tag);
  AppendBytesField(2, "boom", tag);
  AppendBytesField(1, std::string(8, 'a'), span);
  AppendBytesField(3, std::string(8, 'b'), span);
  storage::AppendVarintField(4, 2, span);  // Server.
  AppendBytesField(5, "work", span);
  storage::AppendFixed64Field(6, 1'700'000'000'000'000, span);
  storage::AppendVarintField(7, 5, span);
  AppendBytesField(8, endpoint, span);
  AppendBytesField(11, tag, span);
  AppendBytesField(1, span, list);
  EXPECT_EQ(Put(ReadZipkinProto(list)).accepted, 1u);
  const std::string json = Get("6161616161616161");
  EXPECT_THAT(json, HasSubstr(R"("name":"work","kind":"SERVER",)"
                              R"("timestamp":1700000000000000,"duration":5)"));
  EXPECT_THAT(json, HasSubstr(R"("ipv4":"10.0.0.1")"));
  EXPECT_THAT(json, HasSubstr(R"("error":"boom")"));
}

TEST_F(ZipkinTest, TracesAreFoundByWhatTheirSpansSay) {
  Put(ReadZipkinJson(
      R"([{"traceId":"1","id":"1","name":"a","timestamp":1700000000000000,)"
      R"("duration":1000,"localEndpoint":{"serviceName":"front"},)"
      R"("remoteEndpoint":{"serviceName":"back"},"tags":{"k":"v"}},)"
      R"({"traceId":"1","id":"2","parentId":"1","name":"b",)"
      R"("timestamp":1700000000000000,"localEndpoint":{"serviceName":"back"},)"
      R"("tags":{"error":"x"},"annotations":[{"timestamp":1,"value":"hit"}]},)"
      R"({"traceId":"2","id":"1","name":"a","timestamp":1700000001000000,)"
      R"("duration":2000,"localEndpoint":{"serviceName":"front"}}])"));
  const std::string one = R"("traceId":"0000000000000001")";
  const std::string two = R"("traceId":"0000000000000002")";
  EXPECT_THAT(Find(""), testing::AllOf(HasSubstr(one), HasSubstr(two)));
  EXPECT_LT(Find("").find(two), Find("").find(one));  // Newest first.
  EXPECT_THAT(Find("serviceName=back"), Not(HasSubstr(two)));
  EXPECT_THAT(Find("spanName=a&minDuration=1500"), Not(HasSubstr(one)));
  EXPECT_THAT(Find("remoteServiceName=back"),
              testing::AllOf(HasSubstr(one), Not(HasSubstr(two))));
  EXPECT_THAT(Find("annotationQuery=k%3Dv"), Not(HasSubstr(two)));
  EXPECT_THAT(Find("annotationQuery=hit+and+error"), HasSubstr(one));
  EXPECT_EQ(Find("annotationQuery=hit+and+k"), "[]");
  EXPECT_EQ(Find("endTs=1000"), "[]");
  EXPECT_THAT(Find("limit=1"), Not(HasSubstr(one)));
  EXPECT_THAT(Find("maxDuration=5"), HasSubstr("only valid with minDuration"));
  EXPECT_THAT(Find("limit=x"), HasSubstr("limit: \"x\""));
  for (const char* name : {"limit", "endTs", "lookback"}) {
    EXPECT_THAT(Find(std::string(name) + "=0"), HasSubstr("no number from 1"));
  }
}

TEST_F(ZipkinTest, NamesAndDependencies) {
  Put(ReadZipkinJson(
      R"([{"traceId":"1","id":"1","name":"a","timestamp":1700000000000000,)"
      R"("localEndpoint":{"serviceName":"front"}},)"
      R"({"traceId":"1","id":"2","parentId":"1","name":"b","kind":"SERVER",)"
      R"("timestamp":1700000000000000,"tags":{"error":"x"},)"
      R"("localEndpoint":{"serviceName":"back"}}])"));
  const auto ask = [&](auto method, const std::string& query) {
    const auto json =
        (api_.*method)(*QueryString::Parse(query), testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  };
  EXPECT_EQ(*api_.Services(testing_support::AnyCall()), R"(["back","front"])");
  EXPECT_EQ(ask(&ZipkinApi::SpanNames, "serviceName=front"), R"(["a"])");
  // No span names its other side.
  EXPECT_EQ(ask(&ZipkinApi::RemoteServices, "serviceName=front"), "[]");
  EXPECT_EQ(ask(&ZipkinApi::Dependencies, ""),
            R"([{"parent":"front","child":"back","callCount":1,)"
            R"("errorCount":1}])");
  // The one that names another side which sent nothing.
  Put(ReadZipkinJson(
      R"([{"traceId":"2","id":"1","name":"q","timestamp":1700000000000000,)"
      R"("kind":"CLIENT","localEndpoint":{"serviceName":"front"},)"
      R"("remoteEndpoint":{"serviceName":"db"}}])"));
  EXPECT_EQ(ask(&ZipkinApi::RemoteServices, "serviceName=front"), R"(["db"])");
  EXPECT_THAT(ask(&ZipkinApi::RemoteServices, ""),
              HasSubstr("serviceName is required"));
  EXPECT_THAT(ask(&ZipkinApi::SpanNames, ""),
              HasSubstr("serviceName is required"));
  EXPECT_THAT(ask(&ZipkinApi::Dependencies, ""),
              HasSubstr(R"({"parent":"front","child":"db","callCount":1})"));
  EXPECT_THAT(ask(&ZipkinApi::GetTraces, "traceIds=1"),
              HasSubstr("traceIds: 2 to"));
  EXPECT_THAT(ask(&ZipkinApi::GetTraces, "traceIds=1,1"),
              HasSubstr("traceIds: 2 to"));
  EXPECT_THAT(ask(&ZipkinApi::GetTraces, "traceIds=1,2"),
              HasSubstr(R"("name":"a")"));
  EXPECT_THAT(Get("9"), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Get("no"), HasSubstr("traceId"));
}

// What a span does not say it does not say when it comes back, either.
TEST_F(ZipkinTest, WhatIsAbsentStaysAbsent) {
  const std::string absent[] = {
      R"({"traceId":"0000000000000001","id":"0000000000000001",)"
      R"("timestamp":1700000000000000})",
      R"({"traceId":"0000000000000001","id":"0000000000000002",)"
      R"("parentId":"0000000000000001","duration":7})",
      R"({"traceId":"0000000000000001","id":"0000000000000003"})",
      R"({"traceId":"0000000000000001","id":"0000000000000004",)"
      R"("timestamp":1700000000000000,"duration":1})"};
  std::string list;
  for (const std::string& span : absent) {
    list += (list.empty() ? "[" : ",") + span;
  }
  list += "]";
  EXPECT_EQ(Put(ReadZipkinJson(list)).accepted, 4u);
  for (const std::string& span : absent) {
    EXPECT_THAT(Get("1"), HasSubstr(span));
  }
}

TEST_F(ZipkinTest, ASpanThatIsItsOwnParentIsARoot) {
  Put(ReadZipkinJson(R"([{"traceId":"1","id":"2","parentId":"2"}])"));
  std::string span, list;
  storage::AppendBytesField(1, std::string(8, 'a'), span);
  storage::AppendBytesField(2, std::string(8, 'b'), span);
  storage::AppendBytesField(3, std::string(8, 'b'), span);
  storage::AppendBytesField(1, span, list);
  Put(ReadZipkinProto(list));
  EXPECT_THAT(Get("1"), Not(HasSubstr("parentId")));
  EXPECT_THAT(Get("6161616161616161"), Not(HasSubstr("parentId")));
}

TEST_F(ZipkinTest, ASpanThatWasSentTwiceIsThereOnce) {
  const std::string span =
      R"([{"traceId":"0000000000000001","id":"0000000000000001","name":"a",)"
      R"("timestamp":1700000000000000,"duration":5}])";
  Put(ReadZipkinJson(span));
  Put(ReadZipkinJson(span));
  EXPECT_EQ(Get("1"), span);
}

TEST_F(ZipkinTest, NamesAreFoldedAndFoundInAnyCase) {
  Put(ReadZipkinJson(
      R"([{"traceId":"1","id":"1","name":"GET /A","kind":"CLIENT",)"
      R"("timestamp":1700000000000000,"localEndpoint":{"serviceName":"Front"},)"
      R"("remoteEndpoint":{"serviceName":"Back"}},)"
      R"({"traceId":"2","id":"1","name":"get /a","timestamp":1700000000000000,)"
      R"("localEndpoint":{"serviceName":"front"}},)"
      R"({"traceId":"3","id":"1","timestamp":1700000000000000}])"));
  const auto ask = [&](auto method, const std::string& query) {
    const auto json =
        (api_.*method)(*QueryString::Parse(query), testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  };
  // Nothing is called "", and nobody "unknown_service".
  EXPECT_EQ(*api_.Services(testing_support::AnyCall()), R"(["front"])");
  for (const std::string service : {"front", "Front", "FRONT"}) {
    EXPECT_EQ(ask(&ZipkinApi::SpanNames, "serviceName=" + service),
              R"(["get /a"])");
    EXPECT_EQ(ask(&ZipkinApi::RemoteServices, "serviceName=" + service),
              R"(["back"])");
    for (const std::string name :
         {"", "&spanName=get+/a", "&spanName=GET+/A"}) {
      const std::string found = Find("serviceName=" + service + name);
      EXPECT_THAT(found, HasSubstr(R"("traceId":"0000000000000001")"));
      EXPECT_THAT(found, HasSubstr(R"("traceId":"0000000000000002")"));
    }
  }
  EXPECT_EQ(Find("serviceName=unknown_service"), "[]");
  EXPECT_EQ(Find("serviceName=front&spanName=none"), "[]");
  EXPECT_THAT(Find("spanName=get+/a&limit=1"), HasSubstr("get /a"));
  EXPECT_THAT(Get("1"),
              HasSubstr(R"("localEndpoint":{"serviceName":"front"},)"
                        R"("remoteEndpoint":{"serviceName":"back"})"));
}

// The same to the byte, but of another service.
TEST_F(ZipkinTest, SpansOfTwoServicesAreBothThere) {
  const auto span = [](const std::string& service) {
    return R"({"traceId":"0000000000000001","id":"0000000000000001",)"
           R"("name":"a","timestamp":1700000000000000,"duration":5,)"
           R"("localEndpoint":{"serviceName":")" +
           service + "\"}}";
  };
  Put(ReadZipkinJson("[" + span("one") + "," + span("two") + "]"));
  Put(ReadZipkinJson("[" + span("one") + "]"));
  EXPECT_EQ(Get("1"), "[" + span("one") + "," + span("two") + "]");
}

// Whatever the spelling that a trace was found by.
TEST_F(ZipkinTest, TheNewestOfAllSpellingsAreFound) {
  const std::string services[] = {"FRONT", "Front", "front"};
  for (int i = 0; i < 9; ++i) {
    Put(ReadZipkinJson(R"([{"traceId":")" + std::to_string(i + 1) +
                       R"(","id":"1","name":"get","timestamp":170000000)" +
                       std::to_string(i) +
                       R"(000000,"localEndpoint":{"serviceName":")" +
                       services[i % 3] + "\"}}]"));
  }
  const auto found = [&](const std::string& query) {
    std::string json = Find(query), ids;
    for (size_t at; (at = json.find(R"("traceId":")")) != json.npos;) {
      json.erase(0, at + 11);
      ids += json[15];
    }
    return ids;
  };
  for (const std::string query :
       {"serviceName=front", "serviceName=FrOnT&spanName=GET"}) {
    EXPECT_EQ(found(query + "&limit=1"), "9") << query;
    EXPECT_EQ(found(query + "&limit=4"), "9876") << query;
    EXPECT_EQ(found(query + "&limit=50"), "987654321") << query;
  }
  EXPECT_EQ(found("serviceName=front&spanName=post"), "");
}

TEST_F(ZipkinTest, DependenciesAreThoseOfItsLinker) {
  const auto span = [](const char* id, const char* parent, const char* kind,
                       const char* service, const char* remote) {
    return std::string(R"({"traceId":"1","id":")") + id + R"(","parentId":")" +
           parent + R"(","kind":")" + kind +
           R"(","timestamp":1700000000000000,"localEndpoint":)"
           R"({"serviceName":")" +
           service + R"("},"remoteEndpoint":{"serviceName":")" + remote +
           "\"}}";
  };
  Put(ReadZipkinJson("[" + span("1", "", "SERVER", "Front", "") + "," +
                     span("2", "1", "PRODUCER", "Front", "kafka") + "," +
                     span("3", "2", "CONSUMER", "back", "kafka") + "," +
                     span("4", "3", "CLIENT", "back", "") + "," +
                     span("5", "4", "SERVER", "back", "") + "," +
                     span("7", "6", "SERVER", "lost", "") + "]"));
  // The range ends as the spans start.
  EXPECT_EQ(
      *api_.Dependencies(*QueryString::Parse("endTs=1700000000000&lookback=1"),
                         testing_support::AnyCall()),
      R"([{"parent":"front","child":"kafka","callCount":1},)"
      R"({"parent":"front","child":"lost","callCount":1},)"
      R"({"parent":"back","child":"back","callCount":1},)"
      R"({"parent":"kafka","child":"back","callCount":1}])");
}

TEST_F(ZipkinTest, TheEndOfARangeIsInIt) {
  Put(ReadZipkinJson(
      R"([{"traceId":"1","id":"1","kind":"CLIENT","duration":1,)"
      R"("timestamp":1700000000000000,"localEndpoint":{"serviceName":"a"},)"
      R"("remoteEndpoint":{"serviceName":"b"}}])"));
  const std::string range = "endTs=1700000000000&lookback=1000";
  EXPECT_THAT(Find(range), HasSubstr("traceId"));
  EXPECT_THAT(*api_.Dependencies(*QueryString::Parse(range),
                                 testing_support::AnyCall()),
              HasSubstr(R"("parent":"a","child":"b")"));
  EXPECT_EQ(Find("endTs=1699999999999&lookback=1000"), "[]");
}

TEST_F(ZipkinTest, TextsThatCannotBeShownCostNothing) {
  for (const std::string bad : {R"(\ud83d)", R"(\uDE00)", "\xFF"}) {
    const ExportOutcome outcome = Put(ReadZipkinJson(
        R"([{"traceId":"1","id":"1","name":")" + bad + R"(","tags":{")" + bad +
        R"(":")" + bad + R"("}},{"traceId":"1","id":"2"}])"));
    EXPECT_EQ(outcome.accepted, 2u);
    EXPECT_EQ(outcome.rejected, 0u);
  }
  EXPECT_THAT(Get("1"),
              HasSubstr("\"tags\":{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\"}"));
  EXPECT_THAT(ReadZipkinJson("[{]").status().message(),
              HasSubstr("at byte 2 stands \"]\""));
}

}  // namespace
}  // namespace roentgen::server
