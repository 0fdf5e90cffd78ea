// From where clients may come in, and on whose behalf.
#include "server/http/entrance.h"

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/ip_network.h"
#include "gtest/gtest.h"
#include "tests/server/http/http_server_fixture.h"
#include "tests/support/socket_dir.h"

namespace roentgen::server {
namespace {

std::vector<IpNetwork> Networks(const std::vector<std::string>& texts) {
  std::vector<IpNetwork> out;
  for (const std::string& text : texts) {
    out.push_back(*IpNetwork::Parse(text));
  }
  return out;
}

class EntranceTest : public HttpServerTest {
 protected:
  void StartWith(EntranceOptions options,
                 ListenAddress address = {"127.0.0.1", 0}) {
    entrance_ = std::make_shared<Entrance>(std::move(options));
    auto router = Routes();
    router->Add({"GET", "/who", "Who",
                 [](const HttpRequest& request, const HttpResponder& respond) {
                   respond.Send(PlainResponse(request.address));
                 }});
    StartListener({.address = std::move(address),
                   .router = std::move(router),
                   .entrance = entrance_});
  }
  uint64_t NotIns(NotIn reason) const {
    return entrance_->Counts()[static_cast<size_t>(reason)];
  }
  // Who the server takes the client for; empty: it is not let in.
  std::string Who(const std::string& headers = "",
                  const std::string& before = "") {
    TestClient client(port());
    client.Send(before + "GET /who HTTP/1.1\r\n" + headers + "\r\n");
    return client.Read().body;
  }

  std::shared_ptr<const Entrance> entrance_;
};

TEST_F(EntranceTest, LetsInTheNetworksThatItKnows) {
  const struct {
    std::vector<std::string> clients;
    bool may;
  } cases[] = {{{}, true},
               {{"127.0.0.0/8"}, true},
               {{"127.0.0.1"}, true},
               {{"::ffff:127.0.0.1"}, true},
               {{"10.0.0.0/8", "127.0.0.0/30"}, true},
               {{"10.0.0.0/8"}, false},
               {{"127.0.0.2/31"}, false},
               {{"::1"}, false}};
  for (const auto& c : cases) {
    StartWith({.clients = Networks(c.clients)});
    EXPECT_EQ(Who(), c.may ? "127.0.0.1" : "");
    EXPECT_EQ(NotIns(NotIn::kNetwork), c.may ? 0u : 1u);
    if (c.may) continue;
    // Closed at once, before it has said anything.
    TestClient silent(port());
    EXPECT_TRUE(silent.IsClosedByServer());
  }
}

TEST_F(EntranceTest, AnIpv4ClientOfASocketForBothIsOne) {
  StartWith({.clients = Networks({"127.0.0.1"})}, {"::", 0});
  EXPECT_EQ(Who(), "127.0.0.1");
}

std::string Header(const std::string& v4, char command = 0x21) {
  const IpBytes ip = *ParseIp(v4);
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + command +
         std::string("\x11\x00\x0c", 3) +
         std::string(ip.begin() + 12, ip.end()) + std::string(8, '\0');
}

TEST_F(EntranceTest, AProxySaysWhoItIsIfItIsOneOfOurs) {
  StartWith({.clients = Networks({"192.0.2.0/24"}),
             .proxies = Networks({"127.0.0.1"}),
             .proxy_protocol = true});
  EXPECT_EQ(Who("", Header("192.0.2.7")), "192.0.2.7");
  EXPECT_EQ(Who("", Header("192.0.2.7", 0x20)), "127.0.0.1");  // Itself.
  EXPECT_EQ(Who("", Header("198.51.100.1")), "");
  EXPECT_EQ(NotIns(NotIn::kNetwork), 1u);
  EXPECT_EQ(Who(), "");  // A header must come.
  EXPECT_EQ(Who("", "PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n"), "");
  EXPECT_EQ(NotIns(NotIn::kFailed), 2u);
  server_->AwaitNoConnection(absl::Seconds(10));
  EXPECT_EQ(server_->Stats().connections, 0u);
}

TEST_F(EntranceTest, AStrangersHeaderIsNoRequest) {
  StartWith({.proxies = Networks({"10.0.0.1"}), .proxy_protocol = true});
  TestClient client(port());
  client.Send(Header("192.0.2.7") + "GET /who HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().status, 400);
  EXPECT_EQ(Who(), "127.0.0.1");
}

TEST_F(EntranceTest, HeadersOfProxiesAreBelievedAndNoOthers) {
  const std::string forwarded = "X-Forwarded-For: 192.0.2.9\r\n";
  StartWith({.proxies = Networks({"127.0.0.1"})});
  EXPECT_EQ(Who(forwarded), "192.0.2.9");
  EXPECT_EQ(Who("Forwarded: for=192.0.2.8\r\n" + forwarded), "192.0.2.8");
  EXPECT_EQ(Who(), "127.0.0.1");
  StartWith({.clients = Networks({"192.0.2.0/24"}),
             .proxies = Networks({"127.0.0.1"})});
  EXPECT_EQ(Who(forwarded), "192.0.2.9");
  EXPECT_EQ(Who(), "127.0.0.1");  // The proxy itself.
  TestClient stranger(port());
  stranger.Send("GET /who HTTP/1.1\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n");
  EXPECT_EQ(stranger.Read().status, 403);
  EXPECT_EQ(NotIns(NotIn::kNetwork), 1u);
  StartWith({.proxies = Networks({"127.0.0.2"})});
  EXPECT_EQ(Who(forwarded), "127.0.0.1");
  StartWith({});
  EXPECT_EQ(Who(forwarded), "127.0.0.1");
}

TEST_F(EntranceTest, AHeaderThatDoesNotEndIsNotAwaited) {
  StartWith({.proxies = Networks({"127.0.0.1"}),
             .proxy_protocol = true,
             .timeout = std::chrono::nanoseconds(1)});
  TestClient slow(port());
  slow.Send(Header("192.0.2.7").substr(0, 20));
  EXPECT_TRUE(slow.IsClosedByServer());
  EXPECT_EQ(NotIns(NotIn::kTimeout), 1u);
}

TEST_F(EntranceTest, UsersOfAUnixSocketAreToldApart) {
  const testing_support::SocketDir dir;
  const ListenAddress address{.path = dir.Path("http")};
  // Networks are of IP.
  StartWith({.clients = Networks({"10.0.0.0/8"})}, address);
  EXPECT_EQ(server_->addresses()[0].ToString(), address.ToString());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const SocketAddress where = ToSocketAddress(address);
  ASSERT_EQ(connect(fd, where.get(), where.size), 0);
  TestClient client = TestClient::Over(fd);
  client.Send("GET /who HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().body, "unix:" + std::to_string(getuid()));
  server_->Drain(absl::ZeroDuration());
  EXPECT_NE(access(address.path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace roentgen::server
