#include "server/http/forwarded.h"

#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

// Proxies have addresses that begin with "10.".
std::string From(
    const std::vector<std::pair<std::string, std::string>>& fields) {
  HttpHeaders headers;
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return ForwardedFor(headers,
                      [](const std::string& address) {
                        return address.starts_with("10.");
                      })
      .value_or("nobody");
}

TEST(ForwardedTest, IsTheLastThatIsNoProxy) {
  const std::pair<const char*, const char*> lists[] = {
      {"192.0.2.1", "192.0.2.1"},
      {" 192.0.2.1 ", "192.0.2.1"},
      {"192.0.2.1:4711", "192.0.2.1"},
      {"2001:db8::1", "2001:db8::1"},
      {"[2001:DB8::1]:4711", "2001:db8::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"192.0.2.1, 10.0.0.1", "192.0.2.1"},
      {"192.0.2.1,10.0.0.1,10.0.0.2", "192.0.2.1"},
      // Whatever its client has written stands before.
      {"198.51.100.9, 192.0.2.1, 10.0.0.1", "192.0.2.1"},
      {"unknown, 192.0.2.1", "192.0.2.1"},
      {"10.0.0.1", "10.0.0.1"},
      {"10.0.0.9, 10.0.0.1", "10.0.0.9"},
      // Nobody knows who was before.
      {"192.0.2.1, unknown, 10.0.0.1", "10.0.0.1"},
      {"unknown", "nobody"},
      {"", "nobody"},
      {"192.0.2.1, ", "nobody"},
      {"a.example", "nobody"},
  };
  for (const auto& [value, who] : lists) {
    EXPECT_EQ(From({{"X-Forwarded-For", value}}), who) << value;
  }
  EXPECT_EQ(From({}), "nobody");
  EXPECT_EQ(From({{"x-forwarded-for", "198.51.100.9"},
                  {"X-FORWARDED-FOR", "192.0.2.1"}}),
            "192.0.2.1");
}

TEST(ForwardedTest, ReadsTheStandardHeaderFirst) {
  const std::pair<const char*, const char*> lists[] = {
      {"for=192.0.2.1", "192.0.2.1"},
      {"For=\"[2001:db8::1]:4711\"", "2001:db8::1"},
      {"proto=http;by=10.0.0.2; FOR=192.0.2.1;host=a", "192.0.2.1"},
      {"for=192.0.2.1, for=10.0.0.1", "192.0.2.1"},
      {"for=198.51.100.9, for=192.0.2.1, for=10.0.0.1;proto=https",
       "192.0.2.1"},
      {"for=\"192.0.2.1\";x=\"a,for=203.0.113.1\"", "192.0.2.1"},
      {"for=_hidden", "nobody"},
      {"for=unknown, for=10.0.0.1", "10.0.0.1"},
      {"proto=https", "nobody"},
      {"for=", "nobody"},
      {"for=\"", "nobody"},
      {"for=[", "nobody"},
  };
  for (const auto& [value, who] : lists) {
    EXPECT_EQ(From({{"Forwarded", value}, {"X-Forwarded-For", "203.0.113.7"}}),
              who)
        << value;
  }
}

TEST(ForwardedTest, LooksAtSoManyOnly) {
  std::string value = "192.0.2.1";
  for (size_t i = 0; i < limits::kForwardedAddressesMax; ++i) {
    value += ",10.0.0." + std::to_string(i);
  }
  EXPECT_EQ(From({{"X-Forwarded-For", value}}), "10.0.0.0");
}

}  // namespace
}  // namespace roentgen::server
