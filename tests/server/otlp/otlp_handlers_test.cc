// OTLP over HTTP, through real sockets, over the in-memory engine.
#include "server/otlp/otlp_handlers.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "roentgen/rpc/status.pb.h"
#include "server/auth/authenticator.h"
#include "server/auth/key_ring.h"
#include "server/http/cors.h"
#include "server/http/http_server.h"
#include "storage/memory/memory_engine.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/test_client.h"
#include "tests/server/rpc/gated_engine.h"
#include "tests/server/space/test_space.h"
#include "tests/support/calls.h"
#include "trace/span/span_text.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using testing::HasSubstr;
using testing::Not;

constexpr char kProtobuf[] = "Content-Type: application/x-protobuf\r\n";
constexpr char kJson[] = "Content-Type: application/json; charset=utf-8\r\n";
constexpr char kJsonBody[] = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)"
                             R"("traceId":"5b8efff798038103d269b633813fc60c",)"
                             R"("spanId":"eee19b7ec3c1b174","name":"a"}]}]}]})";
constexpr char kJsonPartial[] =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)"
    R"("traceId":"00000000000000000000000000000000",)"
    R"("spanId":"eee19b7ec3c1b174"}]}]}]})";

// Spans 1 to `count`; the last `bad` of them have no trace id.
std::string Request(int count, int bad = 0, size_t name_bytes = 1) {
  ExportTraceServiceRequest request;
  auto* scope = request.add_resource_spans()->add_scope_spans();
  for (int i = 1; i <= count; ++i) {
    auto* span = scope->add_spans();
    if (i <= count - bad) span->set_trace_id(std::string(16, 't'));
    span->set_span_id(std::string(7, 's') + static_cast<char>(i));
    span->set_name(std::string(name_bytes, 'n'));
  }
  return request.SerializeAsString();
}

std::string Deflate(std::string_view plain) {
  std::string out(compressBound(plain.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  out.resize(size);
  return out;
}

std::string Zstd(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(
      ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

class OtlpHandlersTest : public testing::Test {
 protected:
  void Start(HttpServerOptions options = {}, size_t request_bytes_max = 65'536,
             const Authenticator* authenticator = nullptr) {
    auto router = std::make_shared<HttpRouter>();
    AddOtlpRoutes(*router, space_.Services(),
                  {request_bytes_max, "otlp.request_bytes_max"});
    router->Add({"POST", "/echo", "Echo",
                 [](HttpRequest request, const HttpResponder& respond) {
                   HttpResponse response;
                   response.body = std::move(request.body);
                   respond.Send(std::move(response));
                 }});
    server_.emplace(std::move(options), SystemClock());
    const absl::Status started =
        server_->Start({{.address = {"127.0.0.1", 0},
                         .router = router,
                         .authenticator = authenticator}});
    ASSERT_TRUE(started.ok()) << started;
  }
  TestResponse Send(const std::string& bytes) {
    TestClient client(server_->addresses()[0].port);
    client.Send(bytes);
    return client.Read();
  }
  TestResponse Export(std::string_view body, const std::string& headers) {
    return Send(Post("/v1/traces", body, headers));
  }
  uint64_t accepted() const {
    return space_->span_exports().Counts(SpanSource::kOtlpHttp).accepted;
  }
  static void ExpectStatus(const TestResponse& response, int http_status,
                           int code) {
    EXPECT_EQ(response.status, http_status) << response.body;
    rpc::Status status;
    ASSERT_EQ(response.headers.at("content-type"), "application/x-protobuf");
    ASSERT_TRUE(status.ParseFromString(response.body));
    EXPECT_EQ(status.code(), code) << status.message();
    EXPECT_FALSE(status.message().empty());
  }

  storage::MemoryEngine memory_{SystemClock(), absl::Hours(720)};
  GatedEngine engine_{memory_};
  TestSpace space_{engine_};
  std::optional<HttpServer> server_;
};

TEST_F(OtlpHandlersTest, AnswersInTheEncodingOfTheRequest) {
  Start();
  TestResponse response = Export(Request(2), kProtobuf);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/x-protobuf");
  EXPECT_EQ(response.body, "");
  response = Export(kJsonBody, kJson);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(Export("", kProtobuf).status, 200);
  EXPECT_EQ(accepted(), 3u);
}

TEST_F(OtlpHandlersTest, OriginalsOfMendedSpansAreKept) {
  Start();
  ExportTraceServiceRequest request;
  ASSERT_TRUE(request.ParseFromString(Request(1, 0, 8)));
  std::string span =
      request.resource_spans(0).scope_spans(0).spans(0).SerializeAsString();
  std::string body = request.SerializeAsString();
  // The last byte of the name.
  span.back() = '\xFF';
  body.back() = '\xFF';
  const TestResponse response = Export(body, kProtobuf);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  const auto id = storage::TraceId::FromBytes(std::string(16, 't'));
  const auto traces = engine_.GetTraces({&id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(traces.ok()) << traces.status();
  ASSERT_EQ(traces->size(), 1u);
  const std::string& stored = traces->front().records.at(0).document;
  EXPECT_NE(stored, span);
  EXPECT_EQ(storage::OriginalSpan(stored), span);
}

TEST_F(OtlpHandlersTest, PartialSuccessInBothEncodings) {
  Start();
  TestResponse response = Export(Request(3, 1), kProtobuf);
  EXPECT_EQ(response.status, 200);
  ExportTraceServiceResponse answer;
  ASSERT_TRUE(answer.ParseFromString(response.body));
  EXPECT_EQ(answer.partial_success().rejected_spans(), 1);
  EXPECT_THAT(answer.partial_success().error_message(), HasSubstr("spans[2]"));
  response = Export(kJsonPartial, kJson);
  EXPECT_THAT(response.body,
              HasSubstr(R"({"partialSuccess":{"rejectedSpans":"1",)"
                        R"("errorMessage":"resourceSpans[0].)"));
  EXPECT_EQ(accepted(), 2u);
}

// What is not known may be spans: whoever sent it is told, but nothing counted.
TEST_F(OtlpHandlersTest, UnknownMembersAreAWarning) {
  Start();
  std::string body = kJsonBody;
  body.insert(body.size() - 2, R"(,{"scope_span":[{}]})");
  EXPECT_THAT(Export(body, kJson).body,
              HasSubstr(R"({"partialSuccess":{"rejectedSpans":"0",)"
                        R"("errorMessage":"\"scope_span\" is no member)"));
  EXPECT_EQ(accepted(), 1u);
  EXPECT_EQ(Export(kJsonBody, kJson).body, "{}");
  // Beside spans that are rejected.
  body = kJsonPartial;
  body.insert(body.size() - 2, R"(,{"scope_span":[{}]})");
  EXPECT_THAT(Export(body, kJson).body,
              testing::AllOf(HasSubstr(R"("rejectedSpans":"1")"),
                             HasSubstr(R"(; \"scope_span\" is no member)")));
}

// As over Protobuf, where the pipeline finds them.
TEST_F(OtlpHandlersTest, AnAttributeThatNestsTooDeepCostsItsSpan) {
  Start();
  std::string value;
  for (int i = 0; i < 200; ++i) value += R"({"arrayValue":{"values":[)";
  for (int i = 0; i < 200; ++i) value += "]}}";
  std::string body = kJsonBody;
  body.insert(body.find("]}]}]}") - 1,
              R"(,"attributes":[{"key":"k","value":)" + value + "}]");
  body.insert(body.rfind("]}]}]}"),
              R"(,{"traceId":"5b8efff798038103d269b633813fc60c",)"
              R"("spanId":"eee19b7ec3c1b175"})");
  TestResponse response = Export(body, kJson);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("rejectedSpans":"1")"));
  EXPECT_THAT(response.body, HasSubstr("spans[0]: attributes[0] nest deeper"));
  EXPECT_EQ(accepted(), 1u);
  response = Export(
      R"({"a":)" + std::string(200, '[') + std::string(200, ']') + "}", kJson);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("a: nests deeper than the 142 levels"));
}

TEST_F(OtlpHandlersTest, TakesCompressedAndChunkedBodies) {
  Start();
  const std::string plain = Request(1);
  EXPECT_EQ(
      Export(Gzip(plain), std::string(kProtobuf) + "Content-Encoding: gzip\r\n")
          .status,
      200);
  EXPECT_EQ(Export(Deflate(plain),
                   std::string(kProtobuf) + "Content-Encoding: deflate\r\n")
                .status,
            200);
  EXPECT_EQ(Export(Zstd(plain) + Zstd(Request(1)),
                   std::string(kProtobuf) + "Content-Encoding: zstd\r\n")
                .status,
            200);
  EXPECT_EQ(
      Export(plain, std::string(kProtobuf) + "Content-Encoding: identity\r\n")
          .status,
      200);
  const std::string json = kJsonBody;
  char size[16];
  std::snprintf(size, sizeof(size), "%zx\r\n", json.size());
  EXPECT_EQ(
      Send("POST /v1/traces HTTP/1.1\r\n" + std::string(kJson) +
           "Transfer-Encoding: chunked\r\n\r\n" + size + json + "\r\n0\r\n\r\n")
          .status,
      200);
  EXPECT_EQ(accepted(), 6u);
}

TEST_F(OtlpHandlersTest, DamagedAndUnknownEncodingsAreRefused) {
  Start();
  const std::string plain = Request(3);
  for (const auto& [name, body] :
       {std::pair<std::string, std::string>{"gzip", Gzip(plain)},
        {"deflate", Deflate(plain)},
        {"zstd", Zstd(plain)}}) {
    SCOPED_TRACE(name);
    const std::string headers =
        std::string(kProtobuf) + "Content-Encoding: " + name + "\r\n";
    for (size_t n = 0; n < body.size(); ++n) {
      ExpectStatus(Export(body.substr(0, n), headers), 400, 3);
    }
    ExpectStatus(Export(body + "x", headers), 400, 3);
  }
  ExpectStatus(
      Export(plain, std::string(kProtobuf) + "Content-Encoding: br\r\n"), 415,
      3);
  const TestResponse response = Export(plain, "Content-Type: text/plain\r\n");
  EXPECT_EQ(response.status, 415);
  EXPECT_THAT(response.body, HasSubstr(R"({"code":3,"message":")"));
  EXPECT_EQ(Export(plain, "").status, 415);
  EXPECT_EQ(accepted(), 0u);
}

TEST_F(OtlpHandlersTest, TooLargeBeforeOrAfterInflating) {
  Start({.body_bytes_max = 1'024});
  const std::string large = Request(1, 0, 70'000);
  ExpectStatus(Export(large, kProtobuf), 413, 8);
  for (const auto& [name, body] :
       {std::pair<std::string, std::string>{"gzip", Gzip(large)},
        {"deflate", Deflate(large)},
        {"zstd", Zstd(large)}}) {
    ASSERT_LT(body.size(), 1'000u);
    ExpectStatus(Export(body, std::string(kProtobuf) +
                                  "Content-Encoding: " + name + "\r\n"),
                 413, 8);
  }
  ExpectStatus(Send("POST /v1/traces HTTP/1.1\r\n" + std::string(kProtobuf) +
                    "Transfer-Encoding: chunked\r\n\r\n11171\r\n"),
               413, 8);
  // Its own limit is above that of the others, which still holds.
  EXPECT_EQ(Export(Request(1, 0, 60'000), kProtobuf).status, 200);
  EXPECT_EQ(Send(Post("/echo", std::string(2'000, 'x'))).status, 413);
  EXPECT_EQ(Send(Post("/echo", std::string(1'000, 'x'))).status, 200);
}

// What a JSON request is turned into counts, too: while others hold half of
// the memory it would never find room for both.
TEST_F(OtlpHandlersTest, LargeJsonIsServedWhileOthersHoldMemory) {
  auto memory = std::make_shared<MemoryBudget>(100'000);
  Start({.memory = memory}, 100'000);
  MemoryLease others(memory);
  ASSERT_TRUE(others.GrowTo(40'000));
  std::string body = kJsonBody;
  body.insert(body.find("\"a\"") + 1, std::string(90'000, 'n'));
  EXPECT_EQ(Export(body, kJson).status, 200);
  memory->AwaitUsed(others.bytes());
  const std::string gzip = std::string(kJson) + "Content-Encoding: gzip\r\n";
  EXPECT_EQ(Export(Gzip(body), gzip).status, 200);
  EXPECT_EQ(accepted(), 2u);
  memory->AwaitUsed(others.bytes());
  // And bombs are still what can never be.
  const TestResponse response =
      Export(Gzip(std::string(10'000'000, ' ')), gzip);
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("more than 100000 bytes, the limit of "
                                       "otlp.request_bytes_max."));
}

// Three bytes take the place of each that is no text.
TEST_F(OtlpHandlersTest, RoomForWhatIsMendedIsAskedFor) {
  auto memory = std::make_shared<MemoryBudget>(100'000);
  Start({.memory = memory}, 100'000);
  std::string good = kJsonBody;
  good.insert(good.find("\"a\"") + 1, std::string(30'000, 'n'));
  std::string bad = good;
  bad.replace(bad.find("nnnn"), 30'000, std::string(30'000, '\xff'));
  EXPECT_EQ(Export(bad, kJson).status, 200);
  memory->AwaitUsed(0);
  // Nobody may overdraw it a second time.
  MemoryLease others(memory);
  ASSERT_TRUE(others.GrowOrOverdraw(150'000));
  EXPECT_EQ(Export(good, kJson).status, 200);
  EXPECT_EQ(Export(bad, kJson).status, 429);
  EXPECT_EQ(accepted(), 2u);
}

TEST_F(OtlpHandlersTest, RefusesWithAStatus) {
  Start();
  ExpectStatus(Export("\x0a", kProtobuf), 400, 3);
  TestResponse response = Export(R"({"resourceSpans":[)", kJson);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"({"code":3,"message":")"));
  response =
      Send("GET /v1/traces HTTP/1.1\r\n" + std::string(kProtobuf) + "\r\n");
  ExpectStatus(response, 405, 12);
  EXPECT_EQ(response.headers.at("allow"), "POST");
}

TEST_F(OtlpHandlersTest, OverloadIsWorthATryLater) {
  Start();
  engine_.FailWrites(absl::ResourceExhaustedError("queue full"));
  TestResponse response = Export(Request(1), kProtobuf);
  ExpectStatus(response, 429, 8);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
  engine_.FailWrites(absl::UnavailableError("stalled"));
  response = Export(Request(1), kProtobuf);
  ExpectStatus(response, 503, 14);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
}

TEST_F(OtlpHandlersTest, WhoIsNotKnownIsToldInAStatus) {
  const Authenticator authenticator({.mode = AuthMode::kVerify},
                                    *KeyRing::Make({}));
  Start({}, 65'536, &authenticator);
  ExpectStatus(Export(Request(1), kProtobuf), 401, 16);
  ExpectStatus(Export(Request(1),
                      std::string(kProtobuf) + "Authorization: Bearer a:b\r\n"),
               401, 16);
}

TEST_F(OtlpHandlersTest, PagesOfAllowedOriginsMayCall) {
  const Authenticator authenticator({.mode = AuthMode::kVerify},
                                    *KeyRing::Make({}));
  Start({.cors = *CorsPolicy::Make({.allowed_origins = {"https://*.example"},
                                    .allowed_headers = {},
                                    .max_age = absl::Hours(1)})},
        65'536, &authenticator);
  const std::string ask =
      "Access-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type\r\n\r\n";
  TestClient client(server_->addresses()[0].port);
  client.Send(
      "OPTIONS /v1/traces HTTP/1.1\r\nOrigin: https://shop.example\r\n" + ask);
  TestResponse response = client.ReadHead();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.at("access-control-allow-origin"),
            "https://shop.example");
  EXPECT_EQ(response.headers.at("access-control-allow-headers"),
            "content-type");
  EXPECT_EQ(response.headers.at("access-control-max-age"), "3600");
  EXPECT_EQ(response.headers.at("vary"), "Origin");
  EXPECT_FALSE(response.headers.contains("content-length"));
  // Errors may be read, too; others get nothing.
  response = Export(
      Request(1), std::string(kProtobuf) + "Origin: https://shop.example\r\n");
  EXPECT_EQ(response.status, 401);
  EXPECT_TRUE(response.headers.contains("access-control-allow-origin"));
  response = Send(
      "OPTIONS /v1/traces HTTP/1.1\r\nOrigin: https://evil.test\r\n" + ask);
  EXPECT_EQ(response.status, 403);
  EXPECT_FALSE(response.headers.contains("access-control-allow-origin"));
  EXPECT_EQ(response.headers.at("vary"), "Origin");
}

TEST_F(OtlpHandlersTest, WithoutCorsNothingIsSaidOfIt) {
  Start();
  TestResponse response = Send(
      "GET /v1/traces HTTP/1.1\r\nHost: 10.0.0.1\r\n"
      "Origin: http://10.0.0.1\r\n\r\n");
  EXPECT_EQ(response.status, 405);
  EXPECT_FALSE(response.headers.contains("vary"));
  response = Export(
      Request(1), std::string(kProtobuf) + "Origin: https://shop.example\r\n");
  ExpectStatus(response, 403, 7);
  EXPECT_FALSE(response.headers.contains("vary"));
}

TEST(CorsPolicyTest, OriginsHaveOneStarAtMost) {
  EXPECT_FALSE(CorsPolicy::Make({.allowed_origins = {"*.*"}}).ok());
  EXPECT_FALSE(CorsPolicy::Make({.allowed_origins = {""}}).ok());
  EXPECT_TRUE(CorsPolicy::Make({.allowed_origins = {"*"}}).ok());
}

}  // namespace
}  // namespace roentgen::server
