// Jaeger's query APIs over HTTP, through real sockets.
#include "server/jaeger/jaeger_handlers.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "server/admin/purge_handler.h"
#include "server/http/http_server.h"
#include "tests/server/http/test_client.h"
#include "tests/server/space/test_space.h"
#include "tests/support/spans.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing_support::SpanSpec;

class JaegerHandlersTest : public testing::Test {
 protected:
  JaegerHandlersTest() {
    auto router = std::make_shared<HttpRouter>();
    AddJaegerRoutes(*router, space_.Services());
    AddPurgeRoute(*router, space_.Services());
    server_.emplace(HttpServerOptions{.memory = memory_}, SystemClock());
    EXPECT_TRUE(
        server_->Start({{.address = {"127.0.0.1", 0}, .router = router}}).ok());
  }
  ~JaegerHandlersTest() override {
    server_.reset();
    space_.workers().Stop();
  }

  void Write(const std::vector<SpanSpec>& specs) {
    std::vector<storage::NewRecord> records;
    for (const SpanSpec& spec : specs) {
      records.push_back(testing_support::Record(spec));
    }
    ASSERT_TRUE(storage::WriteAndWait(space_->engine(), std::move(records),
                                      storage::Durability::kSynced)
                    .ok());
  }

  TestResponse Send(const std::string& request) {
    TestClient client(server_->addresses()[0].port);
    client.Send(request);
    return client.Read();
  }
  TestResponse Get(const std::string& path) {
    return Send("GET " + path + " HTTP/1.1\r\n\r\n");
  }
  void WriteShop() {
    Write({{.trace = 0x11,
            .id = 1,
            .name = "GET /",
            .start = 1'700'000'000,
            .seconds = 1,
            .attributes = {{"color", "red"}},
            .service = "shop/eu",
            .scope = "lib"},
           {.trace = 0x11,
            .id = 2,
            .parent = 1,
            .name = "SELECT",
            .kind = 3,
            .start = 1'700'000'000.5,
            .seconds = 0.125,
            .status = 2,
            .service = "db",
            .resource = {{"host", "h1"}},
            .scope = ""}});
  }

  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  TestSpace space_{clock_};
  std::shared_ptr<MemoryBudget> memory_ =
      std::make_shared<MemoryBudget>(limits::kRequestBufferBytes);
  std::optional<HttpServer> server_;
};

TEST_F(JaegerHandlersTest, ServicesAndOperations) {
  WriteShop();
  EXPECT_EQ(Get("/api/services").body,
            R"({"data":["db","shop/eu"],"total":2,"limit":0,"offset":0,)"
            R"("errors":null})");
  EXPECT_THAT(Get("/api/services/shop%2Feu/operations").body,
              StartsWith(R"({"data":["GET /"],"total":1)"));
  EXPECT_THAT(Get("/api/services/nobody/operations").body,
              StartsWith(R"({"data":[],"total":0)"));
  EXPECT_THAT(Get("/api/operations?service=db&spanKind=client").body,
              StartsWith(R"({"data":[{"name":"SELECT","spanKind":"client"}])"));
  EXPECT_EQ(Get("/api/v3/services").body, R"({"services":["db","shop/eu"]})");
  EXPECT_EQ(Get("/api/v3/operations?service=db").body,
            R"({"operations":[{"name":"SELECT","spanKind":"client"}]})");
}

TEST_F(JaegerHandlersTest, ATraceInTheOlderForm) {
  WriteShop();
  const std::string expected =
      R"({"data":[{"traceID":"65000000000000000000000000000011","spans":[)"
      R"({"traceID":"65000000000000000000000000000011","spanID":"0000000000000001",)"
      R"("operationName":"GET /","references":[],)"
      R"("startTime":1700000000000000,"duration":1000000,"tags":[)"
      R"({"key":"otel.scope.name","type":"string","value":"lib"},)"
      R"({"key":"color","type":"string","value":"red"},)"
      R"({"key":"span.kind","type":"string","value":"server"}],)"
      R"("logs":[],"processID":"p1","warnings":null},)"
      R"({"traceID":"65000000000000000000000000000011","spanID":"0000000000000002",)"
      R"("operationName":"SELECT","references":[{"refType":"CHILD_OF",)"
      R"("traceID":"65000000000000000000000000000011","spanID":"0000000000000001"}],)"
      R"("startTime":1700000000500000,"duration":125000,"tags":[)"
      R"({"key":"span.kind","type":"string","value":"client"},)"
      R"({"key":"otel.status_code","type":"string","value":"ERROR"},)"
      R"({"key":"error","type":"bool","value":true}],)"
      R"("logs":[],"processID":"p2","warnings":null}],"processes":{)"
      R"("p1":{"serviceName":"shop/eu","tags":[]},)"
      R"("p2":{"serviceName":"db","tags":[)"
      R"({"key":"host","type":"string","value":"h1"}]}},"warnings":null}],)"
      R"("total":0,"limit":0,"offset":0,"errors":null})";
  EXPECT_EQ(Get("/api/traces/65000000000000000000000000000011").body, expected);
  EXPECT_EQ(Get("/api/traces/1-65000000-000000000000000000000011").body,
            expected);
  EXPECT_EQ(Get("/api/traces?service=db&tag=host:h1&minDuration=100ms").body,
            expected);
  EXPECT_EQ(Get("/api/traces?service=shop%2Feu&tags=%7B%22color%22:%22red%22%7D"
                "&start=1700000000000000&end=1700000001000000&limit=5")
                .body,
            expected);
  EXPECT_THAT(
      Get("/api/traces?traceID=65000000000000000000000000000011&traceID=99")
          .body,
      HasSubstr(R"("errors":[{"msg":"trace not found",)"
                R"("traceID":"0000000000000099"}])"));
  EXPECT_THAT(
      Get("/api/traces/65000000000000000000000000000011?prettyPrint=true").body,
      StartsWith("{\n    \"data\": [\n        {\n"));
}

TEST_F(JaegerHandlersTest, TheThirdApi) {
  WriteShop();
  const std::string range =
      "query.startTimeMin=2023-11-14T22:00:00Z"
      "&query.start_time_max=2023-11-15T02:00:00+02:00";
  const TestResponse found =
      Get("/api/v3/traces?query.serviceName=db&" + range);
  EXPECT_EQ(found.status, 200);
  EXPECT_THAT(found.body, StartsWith(R"({"result":{"resourceSpans":[{)"));
  EXPECT_THAT(found.body,
              HasSubstr(R"("startTimeUnixNano":"1700000000500000000")"));
  EXPECT_EQ(Get("/api/v3/traces/65000000000000000000000000000011").body,
            found.body);
  EXPECT_EQ(Send(Post("/api/v3/traces",
                      R"({"query":{"serviceName":"db","attributes":{"host":)"
                      R"("h1"},"startTimeMin":"2023-11-14T22:00:00Z",)"
                      R"("startTimeMax":"2023-11-15T00:00:00Z",)"
                      R"("searchDepth":3,"rawTraces":true}})"))
                .body,
            found.body);
  EXPECT_THAT(
      Get("/api/v3/trace-summaries?" + range).body,
      HasSubstr(R"("traceId":"65000000000000000000000000000011",)"
                R"("rootServiceName":"shop/eu","rootOperationName":"GET /",)"
                R"("minStartTimeUnixNano":"1700000000000000000",)"
                R"("maxEndTimeUnixNano":"1700000001000000000","spanCount":2,)"
                R"("errorSpanCount":1,"orphanSpanCount":0,)"));
  EXPECT_EQ(Get("/api/v3/traces?query.serviceName=nobody&" + range).status,
            404);
  EXPECT_EQ(Get("/api/v3/dependencies?startTime=2023-11-14T22:00:00Z"
                "&endTime=2023-11-15T00:00:00Z")
                .body,
            R"({"dependencies":[{"parent":"shop/eu","child":"db",)"
            R"("callCount":"1"}]})");
}

// A tag that is a member of spans, not an attribute: found by each door.
TEST_F(JaegerHandlersTest, TagsThatAreMembersOfSpans) {
  WriteShop();
  const std::string older =
      "/api/traces?start=1699990000000000"
      "&end=1700010000000000&service=";
  const std::string newer =
      "/api/v3/traces?query.startTimeMin=2023-11-14T22:00:00Z"
      "&query.startTimeMax=2023-11-15T00:00:00Z&query.serviceName=";
  struct Case {
    const char* service;
    const char* key;
    const char* value;
    bool found;
  };
  // `db` failed as a client; `shop/eu` served well, in scope `lib`.
  const Case cases[] = {
      {"db", "error", "true", true},
      {"db", "error", "false", false},
      {"db", "otel.status_code", "ERROR", true},
      {"db", "span.kind", "client", true},
      {"db", "span.kind", "server", false},
      {"db", "otel.scope.name", "lib", false},
      {"shop%2Feu", "error", "true", false},
      {"shop%2Feu", "span.kind", "client", false},
      {"shop%2Feu", "otel.scope.name", "lib", true},
      {"shop%2Feu", "otel.scope.name", "li", false},
  };
  for (const Case& c : cases) {
    const std::string what = std::string(c.service) + " " + c.key;
    const std::string key = c.key;
    const std::string value = c.value;
    const std::string json = "%7B%22" + key + "%22:%22" + value + "%22%7D";
    const auto found =
        HasSubstr(R"("traceID":"65000000000000000000000000000011")");
    for (const std::string& tags :
         {"&tags=" + json, "&tag=" + key + ":" + value}) {
      const TestResponse answer = Get(older + c.service + tags);
      EXPECT_EQ(answer.status, 200) << what;
      EXPECT_EQ(testing::Value(answer.body, found), c.found) << what << tags;
    }
    EXPECT_EQ(Get(newer + c.service + "&query.attributes=" + json).status,
              c.found ? 200 : 404)
        << what;
  }
}

TEST_F(JaegerHandlersTest, Dependencies) {
  WriteShop();
  EXPECT_THAT(Get("/api/dependencies?endTs=1700000010000&lookback=60000").body,
              StartsWith(R"({"data":[{"parent":"shop/eu","child":"db",)"
                         R"("callCount":1}])"));
  EXPECT_THAT(Get("/api/dependencies?endTs=1600000000000").body,
              StartsWith(R"({"data":[])"));
}

TEST_F(JaegerHandlersTest, RefusalsNameWhatIsWrong) {
  struct Case {
    const char* path;
    int status;
    const char* message;
  };
  const Case cases[] = {
      {"/api/traces", 400, "'service' is required"},
      {"/api/traces?service=a&start=x", 400, "parameter 'start': 'x'"},
      {"/api/traces?service=a&minDuration=5", 400, "'minDuration': '5'"},
      {"/api/traces?service=a&minDuration=2s&maxDuration=1s", 400, "longest"},
      {"/api/traces?service=a&tag=x", 400, "parameter 'tag': 'x'"},
      {"/api/traces?service=a&tags=x", 400, "parameter 'tags': 'x'"},
      {"/api/traces?service=a&limit=99999999", 400, "'limit'"},
      {"/api/traces?service=%2", 400, "escapes nothing"},
      {"/api/traces/xyz", 400, "trace id"},
      {"/api/traces/77", 404, "trace not found"},
      {"/api/operations", 400, "'service' is required"},
      {"/api/dependencies?lookback=-1", 400, "'lookback': '-1'"},
      {"/api/metrics/calls", 501, "not kept"},
      {"/api/v3/operations", 400, "'service' is required"},
      {"/api/v3/traces", 400, "'query.startTimeMin' is required"},
      {"/api/v3/traces?query.startTimeMin=now", 400, "'now'"},
      {"/api/v3/traces?query.filter=x", 400, "'query.filter'"},
      {"/api/v3/traces/77", 404, "no traces found"},
  };
  for (const Case& c : cases) {
    const TestResponse response = Get(c.path);
    EXPECT_EQ(response.status, c.status) << c.path;
    EXPECT_THAT(response.body, HasSubstr(c.message)) << c.path;
    EXPECT_THAT(response.body,
                StartsWith(std::string_view(c.path).starts_with("/api/v3")
                               ? R"({"error":{"grpcCode":)"
                               : R"({"data":null,)"))
        << c.path;
  }
  EXPECT_EQ(Send(Post("/api/archive/11", "")).status, 501);
  EXPECT_EQ(Send(Post("/api/v3/traces", "[")).status, 400);
}

TEST_F(JaegerHandlersTest, TransformShowsWhatItIsGiven) {
  const TestResponse response = Send(Post(
      "/api/transform",
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",)"
      R"("value":{"stringValue":"s"}}]},"scopeSpans":[{"spans":[{"traceId":)"
      R"("0123456789abcdef0123456789abcdef","spanId":"00000000000000aa",)"
      R"("flags":259,"name":"n","attributes":[{"key":"big","value":{"intValue":)"
      R"("9007199254740992"}},{"key":"most","value":{"intValue":)"
      R"("-9007199254740991"}},{"key":"@jaeger@warnings","value":{)"
      R"("arrayValue":{"values":[{"stringValue":"late"}]}}},{"key":"raw","value":{"bytesValue":"AQI="}},)"
      R"({"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"}]}}}],)"
      R"("events":[{"timeUnixNano":"2000","name":"e"}]}]}]}]})"));
  EXPECT_EQ(response.status, 200) << response.body;
  for (const char* part :
       {R"("traceID":"0123456789abcdef0123456789abcdef")",
        R"({"key":"big","type":"int64","value":"9007199254740992"})",
        R"({"key":"most","type":"int64","value":-9007199254740991})",
        R"({"key":"raw","type":"binary","value":"AQI="})",
        R"({"key":"list","type":"string","value":"[1]"})",
        R"("logs":[{"timestamp":2,"fields":[{"key":"event","type":"string",)"
        R"("value":"e"}]}])",
        R"("serviceName":"s")"}) {
    EXPECT_THAT(response.body, HasSubstr(part));
  }
  EXPECT_THAT(response.body, Not(HasSubstr("flags")));
  EXPECT_THAT(response.body, HasSubstr(R"("warnings":["late"]})"));
  EXPECT_THAT(response.body, Not(HasSubstr("@jaeger")));
  EXPECT_EQ(Send(Post("/api/transform", "{")).status, 400);
  EXPECT_EQ(Send(Post("/api/transform",
                      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]})"))
                .status,
            400);
}

// A body and its mended copy are both there for a moment, and what is made of
// the copy is larger, too.
TEST_F(JaegerHandlersTest, ThereIsRoomForMendedBodies) {
  constexpr size_t kName = 20'000;
  struct Case {
    std::string path;
    std::string begin;
    std::string end;
    size_t free;  // Enough for a body that has nothing to mend.
  };
  const Case cases[] = {
      {"/api/v3/traces", R"({"query":{"service_name":")", "\"}}", 60'000},
      {"/api/transform",
       R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":)"
       R"("0123456789abcdef0123456789abcdef","spanId":"00000000000000aa",)"
       R"("name":")",
       "\"}]}]}]}", 400'000},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    const auto send = [&](char letter) {
      return Send(Post(c.path, c.begin + std::string(kName, letter) + c.end));
    };
    MemoryLease others(memory_);
    ASSERT_TRUE(others.GrowTo(limits::kRequestBufferBytes - c.free));
    const int good = send('n').status;
    EXPECT_NE(good, 503);
    memory_->AwaitUsed(others.bytes());
    EXPECT_EQ(send('\xff').status, 503);
    memory_->AwaitUsed(others.bytes());
    others = MemoryLease();
    EXPECT_EQ(send('\xff').status, good);
    memory_->AwaitUsed(0);
  }
}

TEST_F(JaegerHandlersTest, PurgeForgetsAll) {
  WriteShop();
  EXPECT_EQ(Get("/purge").status, 405);
  TestResponse purged = Send(Post("/purge", ""));
  EXPECT_EQ(purged.status, 200);
  EXPECT_EQ(purged.headers["connection"], "close");
  EXPECT_THAT(Get("/api/services").body, StartsWith(R"({"data":[])"));
  EXPECT_EQ(Get("/api/traces/65000000000000000000000000000011").status, 404);
}

}  // namespace
}  // namespace roentgen::server
