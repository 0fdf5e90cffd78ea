// X-Ray operations over HTTP, on the in-memory engine.
#include "server/xray/xray_handlers.h"

#include "gmock/gmock.h"
#include "server/admin/admin_handlers.h"
#include "tests/server/http/test_client.h"
#include "tests/server/xray/xray_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kPut =
    R"({"TraceSegmentDocuments":[)"
    R"("{\"name\":\"shop\",\"id\":\"a1b2c3d4e5f60718\",)"
    R"(\"trace_id\":\"1-66f01000-0123456789abcdef01234567\",)"
    R"(\"start_time\":1727008768.1,\"end_time\":1727008768.35}","{}"]})";

class XrayHandlersTest : public XrayFixture {
 protected:
  XrayHandlersTest() : XrayFixture(1'727'008'800) {}

  void AddRoutes(HttpRouter& router) override {
    AddXrayRoutes(router, space_.Services());
    AddAdminRoutes(router, {.metrics = metrics_,
                            .scrapes = space_.workers(),
                            .ready = [this] { return ready_; }});
  }
  TestResponse Get(const std::string& path) {
    TestClient client(server_->addresses()[0].port);
    client.Send("GET " + path + " HTTP/1.1\r\n\r\n");
    return client.Read();
  }

  Metrics metrics_;
  absl::Status ready_;
};

TEST_F(XrayHandlersTest, PutThenGet) {
  const TestResponse put = Call("/TraceSegments", kPut);
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.body,
            R"({"UnprocessedTraceSegments":[{"ErrorCode":"MissingId",)"
            R"("Message":"Invalid segment. ErrorCode: MissingId"}]})");
  const TestResponse got = Call(
      "/Traces", R"({"TraceIds":["1-66f01000-0123456789abcdef01234567"]})");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_THAT(got.body,
              StartsWith(R"({"Traces":[{"Id":"1-66f01000-)"
                         R"(0123456789abcdef01234567","Duration":0.25,)"));
  const TestResponse found = Call(
      "/TraceSummaries", R"({"StartTime":1727008700,"EndTime":1727008800})");
  EXPECT_THAT(found.body, HasSubstr(R"("StartTime":1727008768.1,)"));
  EXPECT_THAT(found.body, HasSubstr(R"("TracesProcessedCount":1)"));
}

TEST_F(XrayHandlersTest, ErrorsOfTheOperationsAreInvalidRequests) {
  const TestResponse none =
      Call("/TraceSegments", R"({"TraceSegmentDocuments":[]})");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(none.headers.at("x-amzn-errortype"), "InvalidRequestException");
  EXPECT_THAT(none.body, HasSubstr("Segments can not be empty"));
  const TestResponse token =
      Call("/Traces", R"({"TraceIds":["1-a"],"NextToken":"x"})");
  EXPECT_EQ(token.status, 400);
  EXPECT_THAT(token.body, HasSubstr("NextToken is currently not supported"));
  const TestResponse many =
      Call("/Traces", R"({"TraceIds":["a","b","c","d","e","f"]})");
  EXPECT_THAT(many.body, HasSubstr("Exceeding maximum query size: 5"));
  const TestResponse filter =
      Call("/TraceSummaries",
           R"({"StartTime":1,"EndTime":2,"FilterExpression":"falt"})");
  EXPECT_EQ(filter.status, 400);
  EXPECT_EQ(filter.headers.at("x-amzn-errortype"), "InvalidRequestException");
  EXPECT_THAT(filter.body,
              HasSubstr("Error Location: line 1, position 1 : Invalid input "
                        "symbol: 'falt'"));
}

TEST_F(XrayHandlersTest, ShapeErrorsComeBeforeTheOperation) {
  const TestResponse response = Call("/Traces", "{");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.at("x-amzn-errortype"), "SerializationException");
}

TEST_F(XrayHandlersTest, ClosedEngineIsUnavailable) {
  ASSERT_TRUE(space_->engine().Close().ok());
  const TestResponse put = Call("/TraceSegments", kPut);
  EXPECT_EQ(put.status, 503);
  EXPECT_EQ(put.headers.at("x-amzn-errortype"), "ServiceUnavailable");
  EXPECT_EQ(Call("/TraceSummaries", R"({"StartTime":1,"EndTime":2})").status,
            503);
}

TEST_F(XrayHandlersTest, FullReadQueueThrottles) {
  StartServer({.threads = 1, .queue_max = 0});
  const TestResponse response =
      Call("/TraceSummaries", R"({"StartTime":1,"EndTime":2})");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.at("x-amzn-errortype"), "ThrottledException");
  EXPECT_EQ(response.headers.at("retry-after"), "1");
}

TEST_F(XrayHandlersTest, AdminRoutesSayHowTheServerIs) {
  metrics_.AddCounter({"seen_total", "Things seen.", {{"kind", "a"}}})
      .Increment(3);
  EXPECT_EQ(Get("/healthz").body, "ok\n");
  EXPECT_EQ(Get("/readyz").status, 200);
  ready_ = absl::UnavailableError("recovering");
  const TestResponse unready = Get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(unready.body, "recovering\n");
  const TestResponse metrics = Get("/metrics");
  EXPECT_THAT(metrics.headers.at("content-type"), StartsWith("text/plain"));
  EXPECT_THAT(metrics.body, HasSubstr("seen_total{kind=\"a\"} 3\n"));
}

}  // namespace
}  // namespace roentgen::server
