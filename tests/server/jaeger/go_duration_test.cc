// What Go's time.ParseDuration makes of each text: the vectors were printed by
// a program in Go. Fractions of more than 18 digits and the least number, which
// the library refuses, are not among them.
#include "server/jaeger/go_duration.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

struct Vector {
  std::string_view text;
  int64_t ns;
};

constexpr Vector kGood[] = {
    {"0", 0},
    {"+0", 0},
    {"-0", 0},
    {"5s", 5'000'000'000},
    {"1478s", 1'478'000'000'000},
    {"-5s", -5'000'000'000},
    {"+5s", 5'000'000'000},
    {"5.6s", 5'600'000'000},
    {"5.s", 5'000'000'000},
    {".5s", 500'000'000},
    {"1.0040s", 1'004'000'000},
    {"100.00100s", 100'001'000'000},
    {"10ns", 10},
    {"11us", 11'000},
    {"12\u00b5s", 12'000},
    {"12\u03bcs", 12'000},
    {"13ms", 13'000'000},
    {"15m", 900'000'000'000},
    {"16h", 57'600'000'000'000},
    {"10.5s4m", 250'500'000'000},
    {"-2m3.4s", -123'400'000'000},
    {"1h2m3s4ms5us6ns", 3'723'004'005'006},
    {"39h9m14.425s", 140'954'425'000'000},
    {"9007199254740993ns", 9'007'199'254'740'993},
    {"9223372036854775807ns", INT64_MAX},
    {"9223372036854775.807us", INT64_MAX},
    {"9223372036s854ms775us807ns", INT64_MAX},
    
    {"-2562047h47m16.854775808s", INT64_MIN},
    {"1.5ns", 1},
    {"0.9ns", 0},
    {"1.9999999999s", 1'999'999'999},
    {"0.0000000001s", 0},
    {"3s2h", 7'203'000'000'000},
    {"1s1s", 2'000'000'000},
    {"000001s", 1'000'000'000},
};

constexpr std::string_view kBad[] = {
    "",         "3",
    "-",        "s",
    ".",        "-.",
    ".s",       "+.s",
    "5.",       "1d",
    "hello",    "3000000h",
    "inf",      "9223372036854775808ns",
    "-inf",     "9223372036854775.808us",
    "+inf",     "9223372036854ms775us808ns",
    "nan",      "-9223372036854775809ns",
    "1 s",      "99999999999999999999s",
    " 1s",      "1s ",
    "1S",       "1h-2m",
    "1h+2m",    "--1s",
    "+-1s",     "1e3s",
    "0x10s",    "1,5s",
    "1m s",     "2562048h",
    "1ms2",     "1hh",
    "\x85\x85", std::string_view("1s\0", 3),
};

TEST(GoDuration, ReadsWhatGoReads) {
  for (const auto& [text, ns] : kGood) {
    EXPECT_EQ(ParseGoDuration(text), ns) << text;
  }
}

TEST(GoDuration, RefusesWhatGoRefuses) {
  for (const std::string_view text : kBad) {
    EXPECT_EQ(ParseGoDuration(text), std::nullopt) << "'" << text << "'";
  }
}

}  // namespace
}  // namespace roentgen::server
