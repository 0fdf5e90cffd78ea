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
}

TEST(ListenAddressTest, RefusesOthersByName) {
  EXPECT_EQ(Normal("2000"), "address '2000': expected host:port");
  EXPECT_EQ(Normal("[::1:80"), "address '[::1:80': expected [host]:port");
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
