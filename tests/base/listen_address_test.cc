#include "base/listen_address.h"

#include "gtest/gtest.h"

namespace roentgen {
namespace {

std::string Normal(std::string_view text) {
  const auto address = ListenAddress::Parse(text);
  return address.ok() ? address->ToString()
                      : std::string(address.status().message());
}

TEST(ListenAddressTest, ReadsAddresses) {
  EXPECT_EQ(Normal("127.0.0.1:2000"), "127.0.0.1:2000");
  EXPECT_EQ(Normal("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(Normal(":80"), "0.0.0.0:80");
  EXPECT_EQ(Normal("*:65535"), "0.0.0.0:65535");
  EXPECT_EQ(Normal("[::1]:80"), "[::1]:80");
  EXPECT_EQ(Normal("unix:/run/x y.sock"), "unix:/run/x y.sock");
  EXPECT_EQ(Normal("unix:/" + std::string(106, 'p')),
            "unix:/" + std::string(106, 'p'));
}

TEST(ListenAddressTest, KnowsWhatNoOtherMachineReaches) {
  for (const char* local :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/run/x"}) {
    EXPECT_TRUE(ListenAddress::Parse(local)->IsLocal()) << local;
  }
  for (const char* open : {"0.0.0.0:1", ":1", "10.0.0.1:1", "[::]:1",
                           "[::ffff:10.0.0.1]:1", "[fe80::1]:1"}) {
    EXPECT_FALSE(ListenAddress::Parse(open)->IsLocal()) << open;
  }
}

TEST(ListenAddressTest, RefusesOthersByName) {
  EXPECT_EQ(Normal("2000"), "address '2000': expected host:port");
  EXPECT_EQ(Normal("[::1:80"), "address '[::1:80': expected [host]:port");
  EXPECT_EQ(Normal("unix:x.sock"),
            "address 'unix:x.sock': expected unix:/path");
  EXPECT_EQ(Normal("unix:"), "address 'unix:': expected unix:/path");
  EXPECT_NE(Normal("unix:/" + std::string(107, 'p')).find("at most 107 bytes"),
            std::string::npos);
  for (const char* bad : {"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:x", "127.0.0.1:1 "}) {
    EXPECT_NE(Normal(bad).find("port must be 0 to 65535"), std::string::npos)
        << bad;
  }
  for (const char* bad :
       {"example.org:1", "::1:80", "[127.0.0.1]:1", "1.2.3:4", "[]:1"}) {
    EXPECT_NE(Normal(bad).find("host must be an IP address"), std::string::npos)
        << bad << ": " << Normal(bad);
  }
}

}  // namespace
}  // namespace roentgen
