#include "server/config/setting_value.h"

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

TEST(SettingValueTest, ReadsDurations) {
  EXPECT_EQ(*ParseDuration("30d"), absl::Hours(720));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("10us"), absl::Microseconds(10));
  EXPECT_EQ(*ParseDuration("0"), absl::ZeroDuration());
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
  for (const char* bad :
       {"", "5", "s", "-5s", "1.5h", "5 s", "5x", "5s!",
        "99999999999999999999s", "999999d", "18446744073709551615d"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
}

TEST(SettingValueTest, DurationsReadBack) {
  for (const char* text : {"30d", "1h30m", "250ms", "0s", "1d1us"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
}

TEST(SettingValueTest, ReadsSizes) {
  EXPECT_EQ(ParseByteCount("400MiB")->bytes, 400u << 20);
  EXPECT_EQ(ParseByteCount("64kB")->bytes, 64'000u);
  EXPECT_EQ(ParseByteCount("2 GiB")->bytes, 2ull << 30);
  EXPECT_EQ(ParseByteCount("1000")->bytes, 1000u);
  EXPECT_EQ(ParseByteCount("7B")->bytes, 7u);
  EXPECT_EQ(ParseByteCount("0")->bytes, 0u);
  for (const char* bad : {"", "MiB", "-1", "1.5MiB", "1mib", "1KB", "1 x",
                          "99999999999TiB", "18446744073709551616"}) {
    EXPECT_FALSE(ParseByteCount(bad).ok()) << bad;
  }
}

TEST(SettingValueTest, SizesReadBack) {
  for (const char* text : {"400MiB", "1KiB", "1000", "0", "3TiB"}) {
    EXPECT_EQ(ByteCountText(*ParseByteCount(text)), text);
  }
}

TEST(SettingValueTest, ReadsFlagsAndNumbers) {
  EXPECT_TRUE(*ParseBool("yes"));
  EXPECT_FALSE(*ParseBool("off"));
  EXPECT_FALSE(ParseBool("maybe").ok());
  EXPECT_EQ(*ParseInt("-3"), -3);
  EXPECT_FALSE(ParseInt("3x").ok());
  EXPECT_FALSE(ParseInt("").ok());
}

}  // namespace
}  // namespace roentgen::server
