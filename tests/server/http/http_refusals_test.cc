// What the server refuses, and in which words.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

void ExpectError(const TestResponse& response, int status,
                 const std::string& name) {
  EXPECT_EQ(response.status, status) << response.body;
  ASSERT_TRUE(response.headers.contains("x-amzn-errortype"));
  EXPECT_EQ(response.headers.at("x-amzn-errortype"), name);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_TRUE(response.headers.contains("x-amzn-requestid"));
  EXPECT_THAT(response.body, HasSubstr("{\"Message\":\""));
  EXPECT_THAT(response.body, HasSubstr("\"message\":\""));
}

TEST_F(HttpServerTest, RefusesUnknownPath) {
  Start();
  TestClient client(port());
  client.Send(Post("/GetNothing", "{}"));
  ExpectError(client.Read(), 404, "UnknownOperationException");
}

TEST_F(HttpServerTest, RefusesWrongMethodAndNamesTheRightOne) {
  Start();
  TestClient client(port());
  client.Send("GET /echo HTTP/1.1\r\n\r\n");
  const TestResponse response = client.Read();
  ExpectError(response, 405, "UnknownOperationException");
  EXPECT_EQ(response.headers.at("allow"), "POST");
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Start();
  const std::vector<std::string> broken = {
      "hello\r\n\r\n",
      "GET /fixed HTTP/9.9\r\n\r\n",
      "GET /fixed HTTP/1.1\r\nno colon\r\n\r\n",
      "POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
      "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
  };
  for (const std::string& request : broken) {
    SCOPED_TRACE(request);
    TestClient client(port());
    client.Send(request);
    ExpectError(client.Read(), 400, "MalformedHttpRequestException");
    EXPECT_TRUE(client.IsClosedByServer());
  }
}

TEST_F(HttpServerTest, RefusesLargeHeaders) {
  Start({.header_bytes_max = 1024});
  TestClient client(port());
  client.Send("GET /fixed HTTP/1.1\r\nX: " + std::string(5'000, 'x'));
  ExpectError(client.Read(), 431, "RequestEntityTooLargeException");
}

TEST_F(HttpServerTest, HeaderLimitIsExact) {
  Start({.header_bytes_max = 1024});
  const std::string start = "GET /fixed HTTP/1.1\r\nX: ";
  for (const size_t size : {1024, 1025}) {
    const std::string request =
        start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    ASSERT_EQ(request.size(), size);
    for (const size_t cut : {size_t{0}, size_t{100}, size - 1}) {
      TestClient client(port());
      client.Send(request.substr(0, cut));
      client.Send(request.substr(cut));
      EXPECT_EQ(client.Read().status, size == 1024 ? 200 : 431);
    }
  }
}

TEST_F(HttpServerTest, RefusesEndlessHeaders) {
  Start();
  TestClient client(port());
  client.Send("GET /fixed HTTP/1.1\r\n");
  const std::string line = "X: " + std::string(1'000, 'x') + "\r\n";
  for (int i = 0; i < 200 && client.Send(line); ++i) {
  }
  ExpectError(client.Read(), 431, "RequestEntityTooLargeException");
}

TEST_F(HttpServerTest, RefusesLargeBodyBeforeItComes) {
  Start({.body_bytes_max = 1000});
  TestClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
      "1001\r\n\r\n");
  ExpectError(client.Read(), 413, "RequestEntityTooLargeException");
}

TEST_F(HttpServerTest, RefusedClientStillGetsItsAnswer) {
  Start({.body_bytes_max = 1000});
  TestClient client(port());
  client.Send(Post("/echo", std::string(500'000, 'x')));
  ExpectError(client.Read(), 413, "RequestEntityTooLargeException");
}

TEST_F(HttpServerTest, RefusesLargeChunkedBody) {
  Start({.body_bytes_max = 1000});
  TestClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "100\r\n" + std::string(256, 'x') + "\r\n";
  for (int i = 0; i < 5; ++i) client.Send(chunk);
  ExpectError(client.Read(), 413, "RequestEntityTooLargeException");
}

TEST_F(HttpServerTest, RefusesGzipBomb) {
  Start({.body_bytes_max = 100'000});
  TestClient client(port());
  const std::string bomb = Gzip(std::string(50'000'000, '\0'));
  ASSERT_LT(bomb.size(), 100'000u);
  client.Send(Post("/echo", bomb, "Content-Encoding: gzip\r\n"));
  ExpectError(client.Read(), 413, "RequestEntityTooLargeException");
  client.Send(Post("/echo", "still here"));
  EXPECT_EQ(client.Read().body, "still here");
}

TEST_F(HttpServerTest, RefusesDamagedGzip) {
  Start();
  const std::string good = Gzip("some text that is long enough");
  for (const std::string& bad :
       {std::string("not gzip"), good.substr(0, good.size() - 9), good + "tail",
        std::string()}) {
    TestClient client(port());
    client.Send(Post("/echo", bad, "Content-Encoding: gzip\r\n"));
    ExpectError(client.Read(), 400, "MalformedHttpRequestException");
  }
}

TEST_F(HttpServerTest, RefusesOtherEncodings) {
  Start();
  TestClient client(port());
  client.Send(Post("/echo", "x", "Content-Encoding: br\r\n"));
  ExpectError(client.Read(), 415, "UnsupportedMediaTypeException");
}

// Half of the memory, for as long as it lives.
MemoryLease HalfOf(const std::shared_ptr<MemoryBudget>& memory) {
  MemoryLease lease(memory);
  EXPECT_TRUE(lease.GrowTo(memory->bytes_max() / 2));
  return lease;
}

TEST_F(HttpServerTest, RefusesForNowWhatItsMemoryHasNoRoomFor) {
  auto memory = std::make_shared<MemoryBudget>(200'000);
  Start({.memory = memory});
  MemoryLease half = HalfOf(memory), rest(memory);
  ASSERT_TRUE(rest.GrowTo(50'000));
  TestClient client(port());
  client.Send(Post("/echo", std::string(60'000, 'x')));
  const TestResponse response = client.Read();
  ExpectError(response, 429, "ThrottledException");
  EXPECT_TRUE(response.headers.contains("retry-after"));
  client.Close();
  TestClient next(port());
  next.Send(Post("/echo", "small"));
  EXPECT_EQ(next.Read().body, "small");
}

TEST_F(HttpServerTest, RefusesForGoodWhatItsMemoryNeverHasRoomFor) {
  auto memory = std::make_shared<MemoryBudget>(200'000);
  Start({.memory = memory});
  const std::string large(200'001, 'x');
  for (const std::string& request :
       {Post("/echo", large),
        Post("/echo", Gzip(large), "Content-Encoding: gzip\r\n"),
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n30d41\r\n" +
            large + "\r\n0\r\n\r\n"}) {
    TestClient client(port());
    client.Send(request);
    const TestResponse response = client.Read();
    ExpectError(response, 413, "RequestEntityTooLargeException");
    EXPECT_THAT(response.body,
                HasSubstr("has more than 200000 bytes, the limit of "
                          "memory.request_buffers."));
  }
}

// One at a time of those that need more than half goes beyond what is free.
TEST_F(HttpServerTest, ServesLargeBodiesWhileOthersHoldMemory) {
  auto memory = std::make_shared<MemoryBudget>(200'000);
  Start({.memory = memory});
  const MemoryLease half = HalfOf(memory);
  for (const size_t size : {size_t{110'000}, size_t{200'000}}) {
    const std::string large(size, 'x');
    char head[16];
    std::snprintf(head, sizeof(head), "%zx\r\n", size);
    for (const std::string& request :
         {Post("/echo", large),
          Post("/echo", Gzip(large), "Content-Encoding: gzip\r\n"),
          "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" +
              (head + large) + "\r\n0\r\n\r\n"}) {
      TestClient client(port());
      client.Send(request);
      EXPECT_TRUE(client.Read().body == large) << size;
      // Its answer is large, too.
      memory->AwaitUsed(half.bytes());
    }
  }
}

TEST_F(HttpServerTest, ASecondLargeBodyWaitsForTheFirst) {
  auto memory = std::make_shared<MemoryBudget>(200'000);
  Start({.memory = memory});
  MemoryLease first = HalfOf(memory);
  ASSERT_TRUE(first.GrowOrOverdraw(250'000));
  const std::string large(150'000, 'x');
  TestClient client(port());
  client.Send(Post("/echo", large));
  ExpectError(client.Read(), 429, "ThrottledException");
  first = MemoryLease();
  TestClient again(port());
  again.Send(Post("/echo", large));
  EXPECT_TRUE(again.Read().body == large);
}

TEST_F(HttpServerTest, AnnouncedBodyTakesNoMemoryOfItsLength) {
  auto memory = std::make_shared<MemoryBudget>(1'000'000);
  Start({.memory = memory});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<TestClient>(port()));
    clients.back()->Send(
        "POST /echo HTTP/1.1\r\nContent-Length: 900000\r\n\r\nx");
  }
  TestClient client(port());
  client.Send(Post("/echo", "fits"));
  EXPECT_EQ(client.Read().body, "fits");
}

TEST_F(HttpServerTest, MemoryIsGivenBack) {
  auto memory = std::make_shared<MemoryBudget>(300'000);
  Start({.memory = memory});
  TestClient client(port());
  for (int i = 0; i < 10; ++i) {
    client.Send(Post("/echo", std::string(200'000, 'x')));
    EXPECT_EQ(client.Read().status, 200);
  }
  server_.reset();
  EXPECT_EQ(memory->used(), 0u);
}

// Reads nothing of a large answer, so that it stays in memory.
TEST_F(HttpServerTest, AnswersNobodyTakesCountAgainstTheMemory) {
  auto memory = std::make_shared<MemoryBudget>(1'000);
  Start({.memory = memory});
  const auto ask = [this](TestClient& client, size_t bytes) {
    client.Send(Post("/later", ""));
    parked_.Take().Send(PlainResponse(std::string(bytes, 'x')));
  };
  TestClient stuck(port());
  ask(stuck, 50'000'000);
  memory->Await([](size_t used) { return used != 0; });
  TestClient second(port());
  ask(second, 20'000);
  ExpectError(second.Read(), 429, "ThrottledException");
  EXPECT_EQ(stuck.Read().body.size(), 50'000'000u);
  memory->AwaitUsed(0);
  ask(second, 20'000);
  EXPECT_EQ(second.Read().body.size(), 20'000u);
}

TEST_F(HttpServerTest, SlowRequestTimesOut) {
  Start({.request_timeout = absl::Milliseconds(50)});
  for (const char* begun :
       {"POST /echo HT",
        "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"}) {
    TestClient client(port());
    client.Send(begun);
    ExpectError(client.Read(), 408, "RequestTimeoutException");
    EXPECT_TRUE(client.IsClosedByServer());
  }
}

TEST_F(HttpServerTest, IdleConnectionIsClosedWithoutAWord) {
  Start({.idle_timeout = absl::Milliseconds(50)});
  TestClient client(port());
  client.Send(Post("/echo", "x"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpServerTest, ClientThatTakesNoAnswerIsCutOff) {
  Start({.write_timeout = absl::Milliseconds(50)});
  TestClient client(port());
  const std::string request = Post("/echo", std::string(8'000'000, 'x'));
  client.Send(request);
  // The answer fills the socket's buffers and stays there.
  EXPECT_TRUE(server_->AwaitNoConnection(absl::Minutes(1)));
}

// Names of codings have no case, and "identity" is none.
TEST_F(HttpServerTest, CodingsAreFoundInEverySpelling) {
  Start();
  const std::string plain = "hello";
  const std::pair<std::string, std::string> cases[] = {
      {"Content-Encoding: GZIP\r\n", Gzip(plain)},
      {"Content-Encoding: x-gzip\r\n", Gzip(plain)},
      {"content-encoding: X-GZip \r\n", Gzip(plain)},
      {"Content-Encoding: identity, gzip\r\n", Gzip(plain)},
      {"Content-Encoding: gzip ,Identity\r\n", Gzip(plain)},
      {"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", Gzip(plain)},
      {"Content-Encoding: Identity\r\n", plain},
      {"Content-Encoding: ,\r\n", plain}};
  for (const auto& [header, body] : cases) {
    TestClient client(port());
    client.Send(Post("/echo", body, header));
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, 200) << header << response.body;
    EXPECT_EQ(response.body, plain) << header;
  }
  for (const std::string header :
       {"Content-Encoding: gzip, gzip\r\n", "Content-Encoding: gzip, br\r\n",
        "Content-Encoding: gzip\r\nContent-Encoding: br\r\n",
        "Content-Encoding: x-zstd\r\n"}) {
    TestClient client(port());
    client.Send(Post("/echo", Gzip(plain), header));
    ExpectError(client.Read(), 415, "UnsupportedMediaTypeException");
  }
}

}  // namespace
}  // namespace roentgen::server
