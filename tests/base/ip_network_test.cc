#include "base/ip_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(IpNetworkTest, ContainsWhatIsOfItsPrefix) {
  const struct {
    const char* network;
    const char* address;
    bool contains;
  } cases[] = {
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"10.0.0.0/8", "a00::1", false},
      {"10.0.0.128/25", "10.0.0.127", false},
      {"10.0.0.128/25", "10.0.0.128", true},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "203.0.113.9", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::1", "::1", true},
      {"::1", "::2", false},
      {"::ffff:10.0.0.0/104", "10.9.9.9", true},
      {"::ffff:10.0.0.0/104", "11.9.9.9", false},
  };
  for (const auto& c : cases) {
    const auto network = IpNetwork::Parse(c.network);
    ASSERT_TRUE(network.ok()) << network.status();
    EXPECT_EQ(network->Contains(*ParseIp(c.address)), c.contains)
        << c.network << ' ' << c.address;
    EXPECT_EQ(AnyContains({*network}, *ParseIp(c.address)), c.contains);
  }
  EXPECT_FALSE(AnyContains({}, *ParseIp("::1")));
}

TEST(IpNetworkTest, RefusesWhatIsNotClear) {
  for (const char* bad :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
        "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0/8", "::/129", "2001:db8::1/64",
        "localhost", "fe80::1%lo", "[::1]", " 10.0.0.0/8"}) {
    const auto network = IpNetwork::Parse(bad);
    ASSERT_FALSE(network.ok()) << bad;
    EXPECT_NE(network.status().message().find(bad), std::string::npos);
  }
}

TEST(IpNetworkTest, ReadsAddressesOfSocketsAndTexts) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "127.0.0.5", &v4.sin_addr);
  const auto* any = reinterpret_cast<const sockaddr*>(&storage);
  EXPECT_EQ(IpText(*IpOf(any)), "127.0.0.5");
  EXPECT_TRUE(IsLoopbackIp(*IpOf(any)));
  storage = {};
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  for (const auto& [text, shown, loopback] :
       {std::tuple{"::ffff:127.0.0.1", "127.0.0.1", true},
        std::tuple{"::1", "::1", true},
        std::tuple{"::ffff:10.0.0.1", "10.0.0.1", false},
        std::tuple{"2001:db8::1", "2001:db8::1", false}}) {
    inet_pton(AF_INET6, text, &v6.sin6_addr);
    EXPECT_EQ(IpText(*IpOf(any)), shown);
    EXPECT_EQ(IsLoopbackIp(*IpOf(any)), loopback) << text;
    EXPECT_EQ(IpOf(any), ParseIp(text));
  }
  storage = {};
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(IpOf(any), std::nullopt);
}

}  // namespace
}  // namespace roentgen
