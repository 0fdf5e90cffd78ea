#include "server/http/http_server.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/http_server_fixture.h"
#include "tests/server/http/streams.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// Plain sockets, and sockets with something around them.
class ConversationTest : public HttpServerTest,
                         public testing::WithParamInterface<char> {
 protected:
  static char mask() { return GetParam(); }
  void Start(HttpServerOptions options = {}) {
    StartListener({.address = {"127.0.0.1", 0},
                   .router = Routes(),
                   .entrance = MaskedEntrance(mask())},
                  std::move(options));
  }
};
INSTANTIATE_TEST_SUITE_P(Masks, ConversationTest, testing::Values('\0', '\x5a'),
                         [](const auto& suite) {
                           return suite.param == 0 ? "plain" : "masked";
                         });

TEST_P(ConversationTest, AnswersWithIdAndDate) {
  Start();
  TestClient client(port(), mask());
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

TEST_P(ConversationTest, KeepsConnectionForNextRequest) {
  Start();
  TestClient client(port(), mask());
  for (int i = 0; i < 3; ++i) {
    client.Send(Post("/echo", std::to_string(i)));
    EXPECT_EQ(client.Read().body, std::to_string(i));
  }
}

TEST_P(ConversationTest, AnswersPipelinedRequestsInOrder) {
  Start();
  TestClient client(port(), mask());
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

TEST_P(ConversationTest, ReadsChunkedBody) {
  Start();
  TestClient client(port(), mask());
  client.Send(
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n" +
      Post("/echo", "next"));
  EXPECT_EQ(client.Read().body, "hello world");
  EXPECT_EQ(client.Read().body, "next");
}

// Beast's parser would stop the process on some of these pieces.
TEST_P(ConversationTest, ReadsEmptyChunkedBodyThatComesInPieces) {
  Start();
  TestClient client(port(), mask());
  for (const char c :
       std::string("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "0\r\n\r\n")) {
    client.Send({&c, 1});
  }
  EXPECT_EQ(client.Read().status, 200);
}

TEST_P(ConversationTest, ReadsRequestThatComesByteByByte) {
  Start();
  TestClient client(port(), mask());
  for (const char c : Post("/echo", "slow")) client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "slow");
}

TEST_P(ConversationTest, ReadsLargeBody) {
  Start();
  TestClient client(port(), mask());
  const std::string body(5'000'000, 'x');
  client.Send(Post("/echo", body));
  EXPECT_EQ(client.Read().body, body);
}

TEST_P(ConversationTest, TakesBodyWithoutContentTypeAndEmptyBody) {
  Start();
  TestClient client(port(), mask());
  client.Send("POST /echo HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().body, "");
  client.Send(Post("/echo", ""));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_P(ConversationTest, SaysContinueBeforeBody) {
  Start();
  TestClient client(port(), mask());
  client.Send(
      "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
      "2\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "ok");
}

TEST_P(ConversationTest, InflatesGzipBody) {
  Start();
  TestClient client(port(), mask());
  const std::string plain(100'000, 'z');
  client.Send(Post("/echo", Gzip(plain), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Read().body, plain);
}

TEST_P(ConversationTest, PathIsCaseSensitiveAndQueryIgnored) {
  Start();
  TestClient client(port(), mask());
  client.Send(Post("/echo?a=b", "q"));
  EXPECT_EQ(client.Read().body, "q");
  client.Send(Post("/Echo", "q"));
  EXPECT_EQ(client.Read().status, 404);
}

TEST_P(ConversationTest, AnswersHeadWithoutBody) {
  Start();
  TestClient client(port(), mask());
  client.Send("HEAD /fixed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 200);
  client.Send("GET /fixed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().body, "fixed");
}

TEST_P(ConversationTest, ClosesAfterHttp10AndConnectionClose) {
  Start();
  TestClient old(port(), mask());
  old.Send("GET /fixed HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read().body, "fixed");
  EXPECT_TRUE(old.IsClosedByServer());
  TestClient closing(port(), mask());
  closing.Send("GET /fixed HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(closing.Read().headers.at("connection"), "close");
  EXPECT_TRUE(closing.IsClosedByServer());
}

TEST_P(ConversationTest, AnswersFromAnotherThreadLater) {
  Start();
  TestClient client(port(), mask());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  std::thread([responder] { responder.Send(PlainResponse("now")); }).join();
  EXPECT_EQ(client.Read().body, "now");
}

TEST_P(ConversationTest, OnlyFirstAnswerCounts) {
  Start();
  TestClient client(port(), mask());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  responder.Send(PlainResponse("one"));
  responder.Send(PlainResponse("two"));
  EXPECT_EQ(client.Read().body, "one");
  client.Send(Post("/echo", "three"));
  EXPECT_EQ(client.Read().body, "three");
}

TEST_P(ConversationTest, ForgottenResponderAnswersInternalFailure) {
  Start();
  TestClient client(port(), mask());
  client.Send(Post("/drop", ""));
  const TestResponse response = client.Read();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.headers.at("x-amzn-errortype"), "InternalFailure");
}

TEST_P(ConversationTest, AnswerAfterClientIsGoneIsDropped) {
  Start();
  std::optional<HttpResponder> responder;
  {
    TestClient client(port(), mask());
    client.Send(Post("/later", ""));
    responder = parked_.Take();
  }
  responder->Send(PlainResponse("nobody"));
  TestClient next(port(), mask());
  next.Send(Post("/echo", "alive"));
  EXPECT_EQ(next.Read().body, "alive");
}

TEST_P(ConversationTest, AClientThatLeavesCancelsItsRequest) {
  Start({.write_timeout = absl::Milliseconds(200)});  // Looks each 25 ms.
  std::optional<HttpResponder> responder;
  absl::Notification left;
  {
    TestClient client(port(), mask());
    client.Send(Post("/watched", ""));
    responder = parked_.Take();
    EXPECT_FALSE(cancelled_.stop_requested());
  }
  const std::stop_callback told(cancelled_, [&] { left.Notify(); });
  left.WaitForNotification();
  responder->Send(PlainResponse("nobody"));
  TestClient next(port(), mask());
  next.Send(Post("/echo", "alive"));
  EXPECT_EQ(next.Read().body, "alive");
}

// It cannot be told from one that left; who answers all the same reaches it.
TEST_P(ConversationTest, AClientThatStopsSendingIsAnsweredStill) {
  Start({.write_timeout = absl::Milliseconds(200)});
  TestClient client(port(), mask());
  client.Send(Post("/watched", ""));
  const HttpResponder responder = parked_.Take();
  client.StopSending();
  absl::Notification left;
  const std::stop_callback told(cancelled_, [&] { left.Notify(); });
  left.WaitForNotification();
  responder.Send(PlainResponse("late"));
  EXPECT_EQ(client.Read().body, "late");
}

TEST_P(ConversationTest, TheNextRequestMayComeWhileOneIsWatched) {
  Start({.io_threads = 1, .write_timeout = absl::Milliseconds(200)});
  TestClient client(port(), mask());
  client.Send(Post("/watched", ""));
  const HttpResponder responder = parked_.Take();
  const std::stop_token cancelled = cancelled_;
  absl::Notification looked;
  std::optional<HttpResponder> kept;
  {
    // One look is at all connections of a thread: seen that this one left, it
    // was at the other one, too.
    TestClient leaves(port(), mask());
    leaves.Send(Post("/watched", ""));
    kept = parked_.Take();
  }
  const std::stop_callback told(cancelled_, [&] { looked.Notify(); });
  looked.WaitForNotification();
  const std::string next = Post("/echo", "two");
  for (const char& byte : next) client.Send(std::string_view(&byte, 1));
  responder.Send(PlainResponse("one"));
  EXPECT_FALSE(cancelled.stop_requested());
  EXPECT_EQ(client.Read().body, "one");
  EXPECT_EQ(client.Read().body, "two");
}

TEST_P(ConversationTest, AnswerAfterServerIsGoneIsDropped) {
  Start();
  TestClient client(port(), mask());
  client.Send(Post("/later", ""));
  const HttpResponder responder = parked_.Take();
  server_.reset();
  responder.Send(PlainResponse("nobody"));
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_P(ConversationTest, DrainFinishesRequestsThatHaveBegun) {
  Start();
  TestClient idle(port(), mask());
  idle.Send(Post("/echo", "x"));
  EXPECT_EQ(idle.Read().body, "x");
  TestClient busy(port(), mask());
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

TEST_P(ConversationTest, DrainEndsAtItsDeadline) {
  Start();
  TestClient client(port(), mask());
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

TEST_P(ConversationTest, ReportsExchanges) {
  Mutex mu;
  std::vector<HttpExchange> seen;
  HttpServerOptions options;
  options.on_exchange = [&](const HttpExchange& exchange) {
    MutexLock lock(mu);
    seen.push_back(exchange);
  };
  Start(options);
  TestClient client(port(), mask());
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

// Nobody else's bytes are taken for a request, and whoever is turned away can
// read why.
TEST_F(HttpServerTest, StreamsAreOfTheirListener) {
  StartListener({.address = {"127.0.0.1", 0},
                 .router = Routes(),
                 .entrance = MaskedEntrance('\x5a')},
                {.connections_max = 1});
  TestClient plain(port());
  plain.Send(Post("/echo", "x"));
  EXPECT_EQ(plain.Read().status, 0);
  ASSERT_TRUE(server_->AwaitNoConnection(absl::Minutes(1)));
  TestClient first(port(), '\x5a');
  first.Send(Post("/echo", "x"));
  EXPECT_EQ(first.Read().body, "x");
  first.Send(Post("/later", "x"));
  const HttpResponder parked = parked_.Take();
  TestClient second(port(), '\x5a');
  EXPECT_EQ(second.Read().status, 503);
}

}  // namespace
}  // namespace roentgen::server
