// Who gets in when all connections are taken. Callers are addresses of
// 127.0.0.0/8.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

class HttpConnectionsTest : public HttpServerTest {
 protected:
  // Two listeners: the second has the reserve.
  // One thread: whoever has an answer is idle before the next one gets his.
  void StartBoth(size_t connections_max, int io_threads = 1) {
    HttpServerOptions options;
    options.io_threads = io_threads;
    options.connections_max = connections_max;
    server_.emplace(std::move(options), SystemClock());
    const absl::Status started =
        server_->Start({{.address = {"127.0.0.1", 0}, .router = Routes()},
                        {.address = {"127.0.0.1", 0},
                         .router = Routes(),
                         .has_reserve = true}});
    ASSERT_TRUE(started.ok()) << started;
  }

  std::unique_ptr<TestClient> From(const char* address, size_t listener = 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    EXPECT_EQ(::inet_pton(AF_INET, address, &own.sin_addr), 1);
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof(own)), 0);
    sockaddr_in server = own;
    ::inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    server.sin_port = htons(server_->addresses()[listener].port);
    EXPECT_EQ(
        ::connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof(server)), 0);
    return std::unique_ptr<TestClient>(new TestClient(TestClient::Over(fd)));
  }
  // One that is idle after a request: whatever was sent before has been seen.
  std::unique_ptr<TestClient> Idle(const char* address) {
    auto client = From(address);
    EXPECT_TRUE(Works(*client));
    return client;
  }
  static bool Works(TestClient& client) {
    return client.Send(Post("/echo", "x")) && client.Read().status == 200;
  }
  // A request that has begun; the next connection is accepted after it.
  std::unique_ptr<TestClient> Slow(const char* address) {
    auto client = From(address);
    client->Send(Post("/echo", "x") + "POST /echo HTTP/1.1\r\nHost: ");
    EXPECT_EQ(client->Read().status, 200);
    return client;
  }
  std::unique_ptr<TestClient> Busy(const char* address) {
    auto client = From(address);
    client->Send(Post("/later", "x"));
    parked_responders_.push_back(parked_.Take());
    return client;
  }

  std::vector<HttpResponder> parked_responders_;
};

constexpr char kGreedy[] = "127.0.0.2";
constexpr char kOther[] = "127.0.0.3";
constexpr char kThird[] = "127.0.0.4";

TEST_F(HttpConnectionsTest, ANewcomerGetsTheSeatThatWasIdleLongest) {
  StartBoth(3);
  const auto first = Idle(kGreedy);
  const auto second = Idle(kGreedy);
  const auto third = Idle(kGreedy);
  EXPECT_TRUE(Works(*first));  // Now the second is idle longest.
  const auto newcomer = Idle(kOther);
  EXPECT_TRUE(second->IsClosedByServer());
  const auto own = Idle(kGreedy);
  EXPECT_TRUE(third->IsClosedByServer());
  EXPECT_TRUE(Works(*first));
  EXPECT_TRUE(Works(*newcomer));
  EXPECT_EQ(server_->Stats().connections_refused, 0u);
  EXPECT_EQ(server_->Stats().connections_displaced, 2u);
}

TEST_F(HttpConnectionsTest, TheCallerWithTheMostGivesWayFirst) {
  StartBoth(4);
  const auto others = Idle(kOther);
  const auto a = Idle(kGreedy);
  const auto b = Idle(kGreedy);
  const auto c = Idle(kGreedy);
  const auto newcomer = Idle(kThird);
  EXPECT_TRUE(a->IsClosedByServer());
  for (TestClient* left : {others.get(), b.get(), c.get(), newcomer.get()}) {
    EXPECT_TRUE(Works(*left));
  }
}

TEST_F(HttpConnectionsTest, WhoHasTheMostDoesNotTakeFromOthers) {
  StartBoth(3);
  const auto others = Idle(kOther);
  const auto a = Busy(kGreedy);
  const auto b = Busy(kGreedy);
  auto greedy = From(kGreedy);
  // What it has sent, even much, does not cost it the answer.
  greedy->Send(Post("/echo", std::string(100'000, 'x')));
  const TestResponse refused = greedy->Read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_TRUE(Works(*others));
  const auto newcomer = Idle(kThird);
  EXPECT_TRUE(others->IsClosedByServer());
  EXPECT_EQ(server_->Stats().connections_refused, 1u);
}

TEST_F(HttpConnectionsTest, RequestsThatNeverEndGiveWayWhereTheyAreTooMany) {
  StartBoth(4);
  std::vector<std::unique_ptr<TestClient>> slow;
  for (int i = 0; i < 3; ++i) slow.push_back(Slow(kGreedy));
  // Three quarters are its own, and its own it does not displace.
  EXPECT_EQ(From(kGreedy)->Read().status, 503);
  const auto busy = Busy(kOther);
  const auto newcomer = Busy(kThird);
  EXPECT_TRUE(slow[0]->IsClosedByServer());
  // Half of them is not too much.
  EXPECT_EQ(From(kOther)->Read().status, 503);
  slow[1]->Send("x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(slow[1]->Read().status, 200);
}

TEST_F(HttpConnectionsTest, AQuarterIsForOthersWhateverOneCallerDoes) {
  StartBoth(8);
  std::vector<std::unique_ptr<TestClient>> busy;
  for (int i = 0; i < 6; ++i) busy.push_back(Busy(kGreedy));
  EXPECT_EQ(From(kGreedy)->Read().status, 503);
  busy.push_back(Busy(kOther));
  busy.push_back(Busy(kThird));
  EXPECT_EQ(From(kOther)->Read().status, 503);
  EXPECT_EQ(server_->Stats().connections_displaced, 0u);
}

TEST_F(HttpConnectionsTest, WhoWatchesHasARoomOfItsOwn) {
  StartBoth(2);
  const auto a = Busy(kGreedy);
  const auto b = Busy(kGreedy);
  EXPECT_EQ(From(kGreedy)->Read().status, 503);
  std::vector<std::unique_ptr<TestClient>> watchers;
  for (size_t i = 0; i < limits::kAdminConnectionsReserved; ++i) {
    watchers.push_back(From(kGreedy, 1));
    EXPECT_TRUE(Works(*watchers.back()));
  }
  // Not more than that, but again when one has gone.
  auto newcomer = From(kGreedy, 1);
  EXPECT_TRUE(Works(*newcomer));
  EXPECT_TRUE(watchers[0]->IsClosedByServer());
}

TEST_F(HttpConnectionsTest, AThousandIdleOnesShutNobodyOut) {
  StartBoth(1024, 2);
  std::vector<std::unique_ptr<TestClient>> idle;
  for (int i = 0; i < 1100; ++i) idle.push_back(From(kGreedy, i % 2));
  for (const char* newcomer : {kGreedy, kOther}) {
    for (const size_t listener : {0, 1}) {
      EXPECT_TRUE(Works(*From(newcomer, listener)));
    }
  }
  EXPECT_EQ(server_->Stats().connections_refused, 0u);
}

TEST_F(HttpConnectionsTest, NotAllThatAreTurnedAwayAreTold) {
  StartBoth(1);
  const auto busy = Busy(kGreedy);
  std::vector<std::unique_ptr<TestClient>> turned_away;
  size_t told = 0;
  for (int i = 0; i < 200; ++i) turned_away.push_back(From(kOther));
  for (const auto& client : turned_away) told += client->Read().status == 503;
  EXPECT_GE(told, 64u);
  EXPECT_EQ(server_->Stats().connections_refused, 200u);
  // The server still serves.
  parked_responders_.back().Send(PlainResponse("done"));
  EXPECT_EQ(busy->Read().body, "done");
}

}  // namespace
}  // namespace roentgen::server
