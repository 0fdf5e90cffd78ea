#include "base/address_caller.h"

#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(AddressCallerTest, TellsAddressesApartAndNetworksOfIpv6) {
  struct Case {
    const char* one;
    const char* other;
    bool same;
  };
  for (const Case& c : {
           Case{"127.0.0.1", "127.0.0.1", true},
           {"127.0.0.1", "127.0.0.2", false},
           {"2001:db8::1", "2001:db8::2", true},
           {"2001:db8::1", "2001:db8:0:0:ffff::2", true},
           {"2001:db8::1", "2001:db8:0:1::1", false},
           {"fe80::1%eth0", "fe80::2%eth1", true},
           {"::1", "127.0.0.1", false},
           {"unix", "unix", true},
           {"unix", "", false},
       }) {
    EXPECT_EQ(CallerOfAddress(c.one) == CallerOfAddress(c.other), c.same)
        << c.one << " " << c.other;
  }
  EXPECT_NE(CallerOfAddress(""), kNoCaller);
}

}  // namespace
}  // namespace roentgen
