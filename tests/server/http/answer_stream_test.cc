// Answers in pieces, over real sockets.
#include "server/http/answer_stream.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "gmock/gmock.h"
#include "tests/server/http/http_server_fixture.h"
#include "tests/server/http/streams.h"

namespace roentgen::server {
namespace {

// Socket buffers of both sides take less than that.
constexpr size_t kMoreThanBuffers = 50'000'000;
constexpr char kGet[] = "GET /stream HTTP/1.1\r\n\r\n";

// An answer that the test writes, and what it was told.
class Answer {
 public:
  explicit Answer(const HttpResponder& responder) : responder_(responder) {}

  static std::shared_ptr<Answer> Begin(const HttpResponder& responder) {
    auto answer = std::make_shared<Answer>(responder);
    HttpResponse head;
    head.content_type = "text/event-stream";
    answer->stream.emplace(
        responder.Begin(std::move(head), [answer] { answer->Wake(); }));
    return answer;
  }

  // Returns once `done` holds; it is asked again at each wake-up.
  template <typename Done>
  void Await(const Done& done) {
    for (int seen = 0; !done();) {
      MutexLock lock(mu_);
      while (wakes_ == seen && !done()) woken_.Wait(mu_);
      seen = wakes_;
    }
  }
  void AwaitState(StreamState state) {
    Await([&] { return stream->state() == state; });
  }
  // As a handler would.
  void WriteAll(std::string_view bytes) {
    Await([&] {
      bytes.remove_prefix(stream->Write(bytes));
      return bytes.empty() || stream->state() == StreamState::kGone;
    });
  }
  // More than the client takes unless it reads; returns when it is gone.
  void Flood() { WriteAll(std::string(kMoreThanBuffers, 'x')); }
  const HttpResponder& responder() const { return responder_; }

  std::optional<AnswerStream> stream;

 private:
  void Wake() {
    MutexLock lock(mu_);
    ++wakes_;
    woken_.NotifyAll();
  }

  const HttpResponder responder_;
  Mutex mu_;
  CondVar woken_;
  int wakes_ RTG_GUARDED_BY(mu_) = 0;
};

class AnswerStreamTest : public HttpServerTest,
                         public testing::WithParamInterface<char> {
 protected:
  static char mask() { return GetParam(); }
  void Serve(HttpServerOptions options = {}) {
    auto router = Routes();
    for (const char* method : {"GET", "POST"}) {
      router->Add({method, "/stream", "Stream",
                   [this](const HttpRequest&, HttpResponder respond) {
                     parked_.Put(std::move(respond));
                   }});
    }
    StartListener({.address = {"127.0.0.1", 0},
                   .router = router,
                   .entrance = MaskedEntrance(mask())},
                  std::move(options));
  }
  std::shared_ptr<Answer> Begin() { return Answer::Begin(parked_.Take()); }
  std::shared_ptr<Answer> Ask(TestClient& client,
                              std::string_view request = kGet) {
    client.Send(request);
    return Begin();
  }
};
INSTANTIATE_TEST_SUITE_P(Masks, AnswerStreamTest, testing::Values('\0', '\x5a'),
                         [](const auto& suite) {
                           return suite.param == 0 ? "plain" : "masked";
                         });

TEST_P(AnswerStreamTest, PiecesArriveAsTheyAreWritten) {
  Serve();
  TestClient client(port(), mask());
  for (int round = 0; round < 3; ++round) {
    const auto answer = Ask(client);
    const TestResponse head = client.ReadHead();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
    EXPECT_EQ(head.headers.at("content-type"), "text/event-stream");
    EXPECT_EQ(head.headers.at("connection"), "keep-alive");
    EXPECT_FALSE(head.headers.contains("content-length"));
    for (const std::string piece : {"one", "and two", "\r\n0\r\n\r\n"}) {
      EXPECT_EQ(answer->stream->Write(piece), piece.size());
      EXPECT_EQ(client.ReadChunk(), piece);
    }
    answer->stream->Close();
    EXPECT_EQ(client.ReadChunk(), "");
    EXPECT_EQ(client.end(), EndOfBytes::kNone);
    EXPECT_EQ(answer->stream->Write("more"), 0u);
    // The connection goes on.
    client.Send(Post("/echo", "next"));
    EXPECT_EQ(client.Read().body, "next");
  }
}

TEST_P(AnswerStreamTest, EmptyOnesAreWhole) {
  Serve();
  TestClient client(port(), mask());
  Ask(client)->stream->Close();
  const TestResponse response = client.Read();
  EXPECT_EQ(response.body, "");
  EXPECT_TRUE(response.whole);
}

TEST_P(AnswerStreamTest, RequestsBehindItAreAnsweredAfterIt) {
  Serve();
  TestClient client(port(), mask());
  // With the request, and in the middle of the answer: whole and in pieces.
  const std::string next = Post("/echo", "one") + Post("/echo", "two");
  for (const size_t with_it : {size_t{0}, size_t{1}, size_t{30}, next.size()}) {
    const auto answer = Ask(client, kGet + next.substr(0, with_it));
    answer->WriteAll("first ");
    EXPECT_EQ(client.ReadHead().status, 200);
    EXPECT_EQ(client.ReadChunk(), "first ");
    for (const char c : next.substr(with_it)) client.Send({&c, 1});
    answer->WriteAll("last");
    answer->stream->Close();
    EXPECT_EQ(client.ReadChunk(), "last");
    EXPECT_EQ(client.ReadChunk(), "");
    EXPECT_EQ(client.Read().body, "one") << with_it;
    EXPECT_EQ(client.Read().body, "two") << with_it;
  }
}

TEST_P(AnswerStreamTest, OldClientsReadToTheEnd) {
  Serve();
  for (const size_t size : {size_t{0}, size_t{5}, size_t{3'000'000}}) {
    TestClient client(port(), mask());
    const auto answer = Ask(client, "GET /stream HTTP/1.0\r\n\r\n");
    const std::string body(size, 'x');
    std::thread writer([&] {
      answer->WriteAll(body);
      answer->stream->Close();
    });
    const TestResponse head = client.ReadHead();
    EXPECT_FALSE(head.headers.contains("transfer-encoding"));
    EXPECT_FALSE(head.headers.contains("content-length"));
    EXPECT_EQ(head.headers.at("connection"), "close");
    EXPECT_EQ(client.ReadRest(), body);
    EXPECT_EQ(client.end(), EndOfBytes::kOrderly);
    writer.join();
  }
}

TEST_P(AnswerStreamTest, ClosesWhenAskedTo) {
  Serve();
  TestClient client(port(), mask());
  const auto answer =
      Ask(client, "GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n");
  answer->WriteAll("all");
  answer->stream->Close();
  const TestResponse response = client.Read();
  EXPECT_EQ(response.headers.at("connection"), "close");
  EXPECT_EQ(response.body, "all");
  EXPECT_TRUE(response.whole);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_P(AnswerStreamTest, LargeAnswersTakeLittleMemory) {
  auto memory =
      std::make_shared<MemoryBudget>(limits::kStreamedAnswerBytes + 1'000);
  Serve({.memory = memory});
  std::string body(kMoreThanBuffers / 2, '\0');
  for (size_t i = 0; i < body.size(); ++i) {
    body[i] = static_cast<char>(i * 31 + i / 1'000);
  }
  TestClient client(port(), mask());
  const auto answer = Ask(client);
  memory->AwaitUsed(limits::kStreamedAnswerBytes);
  std::thread writer([&] {
    answer->WriteAll(body);
    answer->stream->Close();
  });
  const TestResponse response = client.Read();
  writer.join();
  EXPECT_TRUE(response.whole);
  EXPECT_TRUE(response.body == body);
  memory->AwaitUsed(0);
}

TEST_P(AnswerStreamTest, WithoutMemoryThereIsNone) {
  auto memory =
      std::make_shared<MemoryBudget>(3 * limits::kStreamedAnswerBytes);
  Serve({.memory = memory});
  TestClient first(port(), mask()), second(port(), mask()),
      third(port(), mask());
  const auto held = Ask(first);
  const auto too = Ask(second);
  memory->AwaitUsed(2 * limits::kStreamedAnswerBytes);
  const auto refused = Ask(third);
  EXPECT_EQ(third.Read().status, 429);
  refused->AwaitState(StreamState::kGone);
  EXPECT_EQ(refused->stream->Write("x"), 0u);
  held->stream->Close();
  memory->AwaitUsed(limits::kStreamedAnswerBytes);
  const auto again = Ask(third);
  again->WriteAll("now");
  again->stream->Close();
  EXPECT_EQ(third.Read().body, "now");
}

TEST_P(AnswerStreamTest, WritesAreBoundedAndWakeUpsComeWithRoom) {
  Serve();
  TestClient client(port(), mask());
  const auto answer = Ask(client, "GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 200);
  const std::string much(2 * limits::kStreamedAnswerBytes, 'x');
  for (int i = 0; i < 20; ++i) {
    const size_t taken = answer->stream->Write(much);
    EXPECT_LE(taken, limits::kStreamedAnswerBytes);
    EXPECT_EQ(client.ReadBytes(taken).size(), taken);
    answer->Await(
        [&] { return answer->stream->room() == limits::kStreamedAnswerBytes; });
  }
}

TEST_P(AnswerStreamTest, SlowReadersAreDropped) {
  auto memory = std::make_shared<MemoryBudget>(1 << 20);
  Serve({.memory = memory, .write_timeout = absl::Milliseconds(50)});
  TestClient idle(port(), mask()), stuck(port(), mask());
  const auto waiting = Ask(idle);
  EXPECT_EQ(idle.ReadHead().status, 200);
  const auto answer = Ask(stuck);
  answer->Flood();
  EXPECT_EQ(answer->stream->state(), StreamState::kGone);
  EXPECT_EQ(answer->stream->Write("x"), 0u);
  EXPECT_EQ(answer->stream->room(), 0u);
  memory->AwaitUsed(limits::kStreamedAnswerBytes);
  // Meanwhile nobody has written here, which may take as long as it likes.
  EXPECT_EQ(waiting->stream->Write("still"), 5u);
  EXPECT_EQ(idle.ReadChunk(), "still");
  EXPECT_EQ(waiting->stream->state(), StreamState::kOpen);
}

TEST_P(AnswerStreamTest, WhatIsNotClosedIsSeenNotToBeWhole) {
  Serve();
  for (const std::string version : {"1.1", "1.0"}) {
    for (const size_t size : {0, 1'000, 1'000'000}) {
      TestClient client(port(), mask());
      const auto answer =
          Ask(client, "GET /stream HTTP/" + version + "\r\n\r\n");
      EXPECT_EQ(client.ReadHead().status, 200);
      answer->stream->Write(std::string(size, 'x'));
      if (size == 1'000) client.ReadBytes(size);
      answer->stream.reset();
      EXPECT_THAT(client.ReadRest(),
                  testing::Not(testing::EndsWith("\r\n0\r\n\r\n")));
      EXPECT_EQ(client.end(), EndOfBytes::kReset) << version << size;
    }
  }
}

TEST_P(AnswerStreamTest, HandlersHearThatTheirClientIsGone) {
  auto memory = std::make_shared<MemoryBudget>(1 << 20);
  Serve({.memory = memory});
  for (const bool full : {false, true}) {
    std::optional<TestClient> client;
    client.emplace(port(), mask());
    const auto answer = Ask(*client);
    EXPECT_EQ(client->ReadHead().status, 200);
    std::thread writer([&] {
      if (full) answer->Flood();
    });
    client.reset();
    writer.join();
    answer->AwaitState(StreamState::kGone);
    EXPECT_EQ(answer->stream->Write("x"), 0u);
    memory->AwaitUsed(0);
  }
}

// Having sent more, it is missed once it does not take the answer.
TEST_P(AnswerStreamTest, ClientsThatSentMoreAreMissedByWrites) {
  Serve();
  std::optional<TestClient> client;
  client.emplace(port(), mask());
  const auto answer = Ask(*client, kGet + Post("/echo", "x"));
  EXPECT_EQ(client->ReadHead().status, 200);
  client.reset();
  answer->Flood();
  EXPECT_EQ(answer->stream->state(), StreamState::kGone);
}

TEST_P(AnswerStreamTest, HeadGetsNoBody) {
  Serve();
  TestClient client(port(), mask());
  const auto answer = Ask(client, "HEAD /stream HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.ReadHead().headers.at("transfer-encoding"), "chunked");
  answer->AwaitState(StreamState::kGone);
  client.Send(Post("/echo", "next"));
  EXPECT_EQ(client.Read().body, "next");
}

TEST_P(AnswerStreamTest, OnlyFirstAnswerCounts) {
  Serve();
  TestClient client(port(), mask());
  const auto first = Ask(client);
  const auto second = Answer::Begin(first->responder());
  EXPECT_EQ(second->stream->state(), StreamState::kGone);
  first->responder().Send(PlainResponse("late"));
  first->WriteAll("first");
  first->stream->Close();
  EXPECT_EQ(client.Read().body, "first");
  client.Send(kGet);
  const HttpResponder responder = parked_.Take();
  responder.Send(PlainResponse("sent"));
  EXPECT_EQ(Answer::Begin(responder)->stream->state(), StreamState::kGone);
  EXPECT_EQ(client.Read().body, "sent");
}

TEST_P(AnswerStreamTest, ShutdownLetsHandlersComeToAnEnd) {
  Serve();
  TestClient client(port(), mask()), late(port(), mask());
  const auto answer = Ask(client);
  late.Send(kGet);
  const HttpResponder responder = parked_.Take();
  answer->WriteAll("first ");
  std::thread drain([this] { server_->Drain(absl::Minutes(1)); });
  answer->AwaitState(StreamState::kEnding);
  answer->WriteAll("last");
  answer->stream->Close();
  const TestResponse response = client.Read();
  EXPECT_EQ(response.body, "first last");
  EXPECT_TRUE(response.whole);
  EXPECT_TRUE(client.IsClosedByServer());
  // One that begins now is told at once.
  const auto begun = Answer::Begin(responder);
  begun->AwaitState(StreamState::kEnding);
  begun->WriteAll("short");
  begun->stream->Close();
  EXPECT_EQ(late.Read().body, "short");
  drain.join();
}

TEST_P(AnswerStreamTest, ShutdownCutsOffWhoDoesNotEnd) {
  Serve();
  TestClient client(port(), mask());
  const auto answer = Ask(client);
  EXPECT_EQ(client.ReadHead().status, 200);
  server_->Drain(absl::Milliseconds(20));
  EXPECT_EQ(answer->stream->state(), StreamState::kGone);
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_EQ(client.end(), EndOfBytes::kReset);
}

TEST_P(AnswerStreamTest, ServerMayBeGone) {
  Serve();
  TestClient first(port(), mask()), second(port(), mask());
  const auto answer = Ask(first);
  second.Send(kGet);
  const HttpResponder responder = parked_.Take();
  server_.reset();
  answer->AwaitState(StreamState::kGone);
  EXPECT_EQ(answer->stream->Write("x"), 0u);
  const auto late = Answer::Begin(responder);
  EXPECT_EQ(late->stream->state(), StreamState::kGone);
  late->stream->Close();
}

// Handlers write while clients come, stop reading and go.
TEST_P(AnswerStreamTest, EndsMeetInAnyOrder) {
  Serve({.write_timeout = absl::Milliseconds(100)});
  const std::string bytes(100'000, 'x');
  for (int i = 0; i < 60; ++i) {
    auto client = std::make_unique<TestClient>(port(), mask());
    const auto answer =
        Ask(*client, "GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n");
    std::thread writer([&] {
      for (int j = 0; j < i; ++j) answer->stream->Write(bytes);
      if (i % 3 == 0) answer->stream->Close();
      answer->stream.reset();
    });
    if (i % 2 == 0) client->ReadBytes(static_cast<size_t>(i) * 20'000);
    client.reset();
    writer.join();
  }
  EXPECT_TRUE(server_->AwaitNoConnection(absl::Minutes(1)));
}

// What the wake-up holds goes with the answer.
TEST_P(AnswerStreamTest, WakeUpsAreForgotten) {
  Serve();
  for (const bool closes : {true, false}) {
    std::weak_ptr<Answer> weak;
    {
      TestClient client(port(), mask());
      auto answer = Ask(client);
      weak = answer;
      if (closes) answer->stream->Close();
      if (closes) client.Read();
    }
    EXPECT_TRUE(server_->AwaitNoConnection(absl::Minutes(1)));
    EXPECT_TRUE(weak.expired());
  }
}

TEST_P(AnswerStreamTest, CountsAsOneExchange) {
  Mutex mu;
  std::vector<std::pair<std::string, int>> seen;
  HttpServerOptions options;
  options.on_exchange = [&](const HttpExchange& exchange) {
    MutexLock lock(mu);
    seen.emplace_back(exchange.operation, exchange.status);
  };
  Serve(std::move(options));
  TestClient client(port(), mask());
  const auto answer = Ask(client, Post("/stream", "body"));
  answer->WriteAll("x");
  answer->stream->Close();
  EXPECT_EQ(client.Read().body, "x");
  MutexLock lock(mu);
  EXPECT_THAT(seen, testing::ElementsAre(testing::Pair("Stream", 200)));
}

}  // namespace
}  // namespace roentgen::server
