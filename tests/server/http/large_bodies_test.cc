// Bodies that would hold up the threads that serve sockets, and those that are
// announced and do not come.
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

std::string Packed(const std::string& plain) {
  return Post("/where", Gzip(plain), "Content-Encoding: gzip\r\n");
}

// With one I/O thread.
class LargeBodiesTest : public HttpServerTest {
 protected:
  void Start() {
    auto router = Routes();
    // Answers on which thread it ran, and the length of the body.
    router->Add({"POST", "/where", "Where",
                 [](const HttpRequest& request, const HttpResponder& respond) {
                   std::ostringstream text;
                   text << std::this_thread::get_id() << " "
                        << request.body.size();
                   respond.Send(PlainResponse(text.str()));
                 }});
    router->Add({"POST", "/held", "Held",
                 [this](const HttpRequest&, const HttpResponder& respond) {
                   entered_.set_value();
                   gate_.get_future().wait();
                   respond.Send(PlainResponse("held"));
                 }});
    StartListener({.address = {"127.0.0.1", 0}, .router = std::move(router)},
                  {.io_threads = 1});
  }

  // The thread that handled it.
  std::string Where(const std::string& request, size_t length) {
    TestClient client(port());
    EXPECT_TRUE(client.Send(request));
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, 200) << response.body;
    const size_t space = response.body.find(' ');
    EXPECT_EQ(response.body.substr(space + 1), std::to_string(length));
    return response.body.substr(0, space);
  }

  std::promise<void> entered_;
  std::promise<void> gate_;
};

TEST_F(LargeBodiesTest, AreHandledByWorkers) {
  Start();
  const size_t most = limits::kBodyBytesOnIoThread;
  const std::string io = Where(Post("/where", "small"), 5);
  EXPECT_EQ(Where(Post("/where", std::string(most, 'x')), most), io);
  EXPECT_NE(Where(Post("/where", std::string(most + 1, 'x')), most + 1), io);
  EXPECT_EQ(Where(Packed(std::string(most, 'x')), most), io);
  EXPECT_NE(Where(Packed(std::string(most + 1, 'x')), most + 1), io);
  // A thousandth of it on the wire.
  EXPECT_NE(Where(Packed(std::string(8'000'000, 'x')), 8'000'000), io);
}

TEST_F(LargeBodiesTest, HoldNobodyUp) {
  Start();
  TestClient large(port());
  ASSERT_TRUE(large.Send(
      Post("/held", std::string(limits::kBodyBytesOnIoThread + 1, 'x'))));
  entered_.get_future().wait();
  TestClient other(port());
  ASSERT_TRUE(other.Send("GET /fixed HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(other.Read().body, "fixed");
  gate_.set_value();
  EXPECT_EQ(large.Read().body, "held");
}

TEST_F(LargeBodiesTest, AreRefusedInTheSameWords) {
  Start();
  const std::string packed = Gzip(std::string(1'000'000, 'x'));
  struct Case {
    const char* what;
    std::string request;
    int status;
    const char* text;
  };
  const std::vector<Case> cases = {
      {"damaged",
       Post("/where", packed.substr(0, packed.size() - 9),
            "Content-Encoding: gzip\r\n"),
       400, "The gzip body is damaged."},
      {"unknown coding",
       Post("/where", std::string(300'000, 'x'), "Content-Encoding: br\r\n"),
       415, "content encodings known"},
      {"too large once inflated",
       Packed(std::string(limits::kHttpBodyBytesMax + 1, 'x')), 413,
       "http.body_bytes_max"},
      {"no such path", Post("/nowhere", packed, "Content-Encoding: gzip\r\n"),
       404, ""},
      {"not with this method",
       Post("/fixed", packed, "Content-Encoding: gzip\r\n"), 405, ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    TestClient client(port());
    ASSERT_TRUE(client.Send(c.request));
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, c.status);
    EXPECT_THAT(response.body, HasSubstr(c.text));
    // The request was read whole: the connection goes on.
    ASSERT_TRUE(client.Send("GET /fixed HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(client.Read().body, "fixed");
  }
}

// What is announced and does not come takes little of what all share.
using AnnouncedBodiesTest = HttpServerTest;
TEST_F(AnnouncedBodiesTest, KeepNobodyOut) {
  auto memory = std::make_shared<MemoryBudget>(4 << 20);
  Start({.memory = memory});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 512; ++i) {
    clients.push_back(std::make_unique<TestClient>(port()));
    ASSERT_TRUE(clients.back()->Send(
        "POST /echo HTTP/1.1\r\nContent-Length: 200000\r\n\r\n"));
  }
  memory->AwaitUsed(512 * limits::kBodyBytesFirst);
  TestClient other(port());
  const std::string body(100'000, 'b');
  ASSERT_TRUE(other.Send(Post("/echo", body)));
  EXPECT_EQ(other.Read().body, body);
}

}  // namespace
}  // namespace roentgen::server
