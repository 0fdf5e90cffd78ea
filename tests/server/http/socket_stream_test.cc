// HTTP over a connected pair of Unix sockets: no server, no address.
#include "server/http/socket_stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/caller.h"
#include "gtest/gtest.h"
#include "server/http/http_connection.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

class UnixPairTest : public HttpServerTest {
 protected:
  UnixPairTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    client_fd_ = pair[1];
    StreamSocket socket(io_);
    socket.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), pair[0]);
    auto stream = std::make_unique<SocketStream>(std::move(socket));
    EXPECT_TRUE(stream->peer().is_local);
    EXPECT_EQ(stream->peer().address, "unix:" + std::to_string(getuid()));
    connection_ = std::make_shared<HttpConnection>(
        std::move(stream),
        HttpConnection::Context{
            .shared = shared_,
            .mailbox = mailbox_,
            .listener = std::make_shared<HttpListener>(
                HttpListener{.address = {}, .router = Routes()}),
            .seat = shared_.connections.Take(CallerOf("unix")),
            .on_close = [this](HttpConnection*) { work_.reset(); }});
    boost::asio::post(io_, [this] { connection_->Start(); });
    thread_ = std::thread([this] { io_.run(); });
  }
  // The thread ends once the connection is closed.
  ~UnixPairTest() override {
    thread_.join();
    EXPECT_EQ(shared_.connections.count(), 0u);
  }

  IoContext io_{1};
  boost::asio::executor_work_guard<IoContext::executor_type> work_{
      io_.get_executor()};
  HttpShared shared_{{}, SystemClock()};
  std::shared_ptr<IoMailbox> mailbox_ = std::make_shared<IoMailbox>(io_);
  std::shared_ptr<HttpConnection> connection_;
  std::thread thread_;
  int client_fd_ = -1;
};

TEST_F(UnixPairTest, HoldsAWholeConversation) {
  TestClient client = TestClient::Over(client_fd_);
  client.Send(Post("/echo", "one") + Post("/echo", "two"));
  EXPECT_EQ(client.Read().body, "one");
  EXPECT_EQ(client.Read().body, "two");
  const std::string large(3'000'000, 'x');
  client.Send(Post("/echo", large));
  EXPECT_EQ(client.Read().body, large);
  client.Send(
      "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadHead().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Read().body, "ok");
  client.Send("GET /nowhere HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().status, 404);
  client.Send("GET /fixed HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().body, "fixed");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(UnixPairTest, RefusesWhatIsNotHttp) {
  TestClient client = TestClient::Over(client_fd_);
  client.Send("hello\r\n\r\n");
  EXPECT_EQ(client.Read().status, 400);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(UnixPairTest, EndsWithItsClient) { TestClient::Over(client_fd_); }

}  // namespace
}  // namespace roentgen::server
