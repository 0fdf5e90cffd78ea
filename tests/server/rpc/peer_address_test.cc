#include "server/rpc/peer_address.h"

#include <string>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

TEST(PeerAddressTest, IsTheAddressWithoutPortWhateverItsForm) {
  struct Case {
    const char* grpc_peer;
    const char* address;
  };
  for (const Case& c : {
           Case{"ipv4:127.0.0.1:4711", "127.0.0.1"},
           {"ipv4:203.0.113.250:1", "203.0.113.250"},
           {"ipv6:%5B::1%5D:4711", "::1"},
           {"ipv6:[::1]:4711", "::1"},
           {"ipv6:%5B2001:db8::17%5D:65535", "2001:db8::17"},
           {"ipv6:%5Bfe80::1%25eth0%5D:4711", "fe80::1%eth0"},
           {"ipv6:%5B::ffff:192.0.2.7%5D:80", "192.0.2.7"},
           {"unix:/run/roentgen.sock", "unix"},
           {"unix:", "unix"},
           {"unix-abstract:x", "unix"},
           {"fd:", ""},
           {"fd:x", ""},
           {"fd:1000000", ""},
           {"", ""},
           {"unknown", ""},
       }) {
    EXPECT_EQ(PeerNamed(c.grpc_peer).address, c.address) << c.grpc_peer;
  }
}

TEST(PeerAddressTest, ADescriptorIsWhoeverItWasNotedForLast) {
  NotePeer(2'000'001, {.address = "192.0.2.1"});
  NotePeer(2'000'002, {.address = "192.0.2.2"});
  EXPECT_EQ(PeerNamed("fd:2000001").address, "192.0.2.1");
  NotePeer(2'000'001, {.address = "::1"});
  EXPECT_EQ(PeerNamed("fd:2000001").address, "::1");
  EXPECT_EQ(PeerNamed("fd:2000002").address, "192.0.2.2");
}

}  // namespace
}  // namespace roentgen::server
