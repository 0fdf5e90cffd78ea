#include "server/http/http_server.h"

#include <thread>

#include "gmock/gmock.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST_F(HttpServerTest, AnswersWithIdAndDate) {
  Start();
  TestClient client(port());
  client.Send(Post("/echo", "hello"));
  const TestResponse response = client.Read();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_THAT(response.headers.at("x-amzn-requestid"),
              MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-"
                           "[0-9a-f]+"));
  EXPECT_THAT(response.headers.at("date"), HasSubstr(" GMT"));
  EXPECT_EQ(response.headers.at("content-type"), "text/plain");
}

TEST_F(HttpServerTest, KeepsConnectionForNextRequest) {
  Start();
  TestClient client(port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Post("/echo", std::to_string(i)));
    EXPECT_EQ(client.Read().body, std::to_string(i));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  TestClient client(port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += i % 3 == 0 ? "GET /fixed HTTP/1.1\r\n\r\n"
                           : Post("/echo", std::to_string(i));
  }
  client.Send(requests);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.Read().body, i % 3 == 0 ? "fixed" : std::to_string(i));
  }
}

TEST_F(HttpServerTest, ReadsChunkedBody) {
  Start();
  TestClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n" +
      Post("/echo", "next"));
  EXPECT_EQ(client.Read().body, "hello world");
  EXPECT_EQ(client.Read().body, "next");
}

// Beast's parser would stop the process on some of these pieces.
TEST_F(HttpServerTest, ReadsEmptyChunkedBodyThatComesInPieces) {
  Start();
  TestClient client(port());
  for (const char c :
       std::string("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "0\r\n\r\n")) {
    client.Send({&c, 1});
  }
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, ReadsRequestThatComesByteByByte) {
  Start();
  TestClient client(port());
  for (const char c : Post("/echo", "slow")) client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "slow");
}

TEST_F(HttpServerTest, ReadsLargeBody) {
  Start();
  TestClient client(port());
  const std::string body(5'000'000, 'x');
  client.Send(Post("/echo", body));
  EXPECT_EQ(client.Read().body, body);
}

TEST_F(HttpServerTest, TakesBodyWithoutContentTypeAndEmptyBody) {
  Start();
  TestClient client(port());
  client.Send("POST /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().body, "");
  client.Send(Post("/echo", ""));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, SaysContinueBeforeBody) {
  Start();
  TestClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "ok");
}

TEST_F(HttpServerTest, InflatesGzipBody) {
  Start();
  TestClient client(port());
  const std::string plain(100'000, 'z');
  client.Send(Post("/echo", Gzip(plain), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Read().body, plain);
}

TEST_F(HttpServerTest, PathIsCaseSensitiveAndQueryIgnored) {
  Start();
  TestClient client(port());
  client.Send(Post("/echo?a=b", "q"));
  EXPECT_EQ(client.Read().body, "q");
  client.Send(Post("/Echo", "q"));
  EXPECT_EQ(client.Read().status, 404);
}

TEST_F(HttpServerTest, AnswersHeadWithoutBody) {
  Start();
  TestClient client(port());
  client.Send("HEAD /fixed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 200);
  client.Send("GET /fixed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().body, "fixed");
}

TEST_F(HttpServerTest, ClosesAfterHttp10AndConnectionClose) {
  Start();
  TestClient old(port());
  old.Send("GET /fixed HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read().body, "fixed");
  EXPECT_TRUE(old.IsClosedByServer());
  TestClient closing(port());
  closing.Send("GET /fixed HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(closing.Read().headers.at("connection"), "close");
  EXPECT_TRUE(closing.IsClosedByServer());
}

TEST_F(HttpServerTest, AnswersFromAnotherThreadLater) {
  Start();
  TestClient client(port());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  std::thread([responder] { responder.Send(PlainResponse("now")); }).join();
  EXPECT_EQ(client.Read().body, "now");
}

TEST_F(HttpServerTest, OnlyFirstAnswerCounts) {
  Start();
  TestClient client(port());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  responder.Send(PlainResponse("one"));
  responder.Send(PlainResponse("two"));
  EXPECT_EQ(client.Read().body, "one");
  client.Send(Post("/echo", "three"));
  EXPECT_EQ(client.Read().body, "three");
}

TEST_F(HttpServerTest, ForgottenResponderAnswersInternalFailure) {
  Start();
  TestClient client(port());
  client.Send(Post("/drop", ""));
  const TestResponse response = client.Read();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.headers.at("x-amzn-errortype"), "InternalFailure");
}

TEST_F(HttpServerTest, AnswerAfterClientIsGoneIsDropped) {
  Start();
  std::optional<HttpResponder> responder;
  {
    TestClient client(port());
    client.Send(Post("/later", ""));
    responder = parked_.Take();
  }
  responder->Send(PlainResponse("nobody"));
  TestClient next(port());
  next.Send(Post("/echo", "alive"));
  EXPECT_EQ(next.Read().body, "alive");
}

TEST_F(HttpServerTest, AnswerAfterServerIsGoneIsDropped) {
  Start();
  TestClient client(port());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  server_.reset();
  responder.Send(PlainResponse("nobody"));
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpServerTest, DrainFinishesRequestsThatHaveBegun) {
  Start();
  TestClient idle(port());
  idle.Send(Post("/echo", "x"));
  EXPECT_EQ(idle.Read().body, "x");
  TestClient busy(port());
  busy.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  std::thread drain([this] { server_->Drain(absl::Seconds(30)); });
  EXPECT_TRUE(idle.IsClosedByServer());
  responder.Send(PlainResponse("done"));
  const TestResponse response = busy.Read();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_TRUE(busy.IsClosedByServer());
  drain.join();
  EXPECT_FALSE(TestClient(port()).connected());
}

TEST_F(HttpServerTest, DrainEndsAtItsDeadline) {
  Start();
  TestClient client(port());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  server_->Drain(absl::Milliseconds(20));
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpServerTest, EachAddressHasItsOwnRoutes) {
  auto other = std::make_shared<HttpRouter>();
  other->Add({"GET", "/other", "Other",
              [](const HttpRequest&, const HttpResponder& respond) {
                respond.Send(PlainResponse("other"));
              }});
  server_.emplace(HttpServerOptions{}, SystemClock());
  ASSERT_TRUE(server_
                  ->Start({{.address = {"127.0.0.1", 0}, .router = Routes()},
                           {.address = {"127.0.0.1", 0}, .router = other}})
                  .ok());
  TestClient first(server_->addresses()[0].port);
  first.Send("GET /other HTTP/1.1\r\n\r\n");
  EXPECT_EQ(first.Read().status, 404);
  TestClient second(server_->addresses()[1].port);
  second.Send("GET /other HTTP/1.1\r\n\r\n");
  EXPECT_EQ(second.Read().body, "other");
}

TEST_F(HttpServerTest, RefusesAddressInUseByName) {
  Start();
  HttpServer second({}, SystemClock());
  const absl::Status status =
      second.Start({{.address = {"127.0.0.1", port()}, .router = Routes()}});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("127.0.0.1:" + std::to_string(port())));
}

TEST_F(HttpServerTest, ReportsExchanges) {
  Mutex mu;
  std::vector<HttpExchange> seen;
  HttpServerOptions options;
  options.on_exchange = [&](const HttpExchange& exchange) {
    MutexLock lock(mu);
    seen.push_back(exchange);
  };
  Start(options);
  TestClient client(port());
  client.Send(Post("/echo", "x"));
  client.Read();
  client.Send(Post("/nowhere", "x"));
  client.Read();
  MutexLock lock(mu);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].operation, "Echo");
  EXPECT_EQ(seen[0].status, 200);
  EXPECT_EQ(seen[1].operation, "");
  EXPECT_EQ(seen[1].status, 404);
}

}  // namespace
}  // namespace roentgen::server
