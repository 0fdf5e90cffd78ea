#include "trace/span/json_integer.h"

#include <limits>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

constexpr uint64_t kUintMax = std::numeric_limits<uint64_t>::max();
constexpr int64_t kIntMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kIntMin = std::numeric_limits<int64_t>::min();

TEST(JsonIntegerTest, Unsigned) {
  struct Case {
    const char* text;
    std::optional<uint64_t> number;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"0", 0},
           {"-0", 0},
           {"18446744073709551615", kUintMax},
           {"18446744073709551616", std::nullopt},
           {"1844674407370955161.5e1", kUintMax},
           {"1544712660300000000.000", 1'544'712'660'300'000'000},
           {"1.5447126603e18", 1'544'712'660'300'000'000},
           {"1.5E+3", 1500},
           {"1500e-2", 15},
           {"1505e-2", std::nullopt},
           {"0.5", std::nullopt},
           {"0.000", 0},
           {"0e999999999999999999999", 0},
           {"1e999999999999999999999", std::nullopt},
           {"1e-9223372036854775808", std::nullopt},
           {"1e20", std::nullopt},
           {"-1", std::nullopt},
           {"01", std::nullopt},
           {"+1", std::nullopt},
           {" 1", std::nullopt},
           {"1 ", std::nullopt},
           {"1.", std::nullopt},
           {"0x1", std::nullopt},
           {"", std::nullopt},
           {"-", std::nullopt}}) {
    uint64_t number = 0;
    EXPECT_EQ(ParseJsonUint64(c.text, number), c.number.has_value()) << c.text;
    EXPECT_EQ(number, c.number.value_or(number)) << c.text;
  }
}

TEST(JsonIntegerTest, Signed) {
  struct Case {
    const char* text;
    std::optional<int64_t> number;
  };
  for (const Case& c :
       std::initializer_list<Case>{{"0", 0},
                                   {"-0", 0},
                                   {"-5", -5},
                                   {"9223372036854775807", kIntMax},
                                   {"9223372036854775808", std::nullopt},
                                   {"-9223372036854775808", kIntMin},
                                   {"-9223372036854775809", std::nullopt},
                                   {"-1.50e2", -150},
                                   {"--1", std::nullopt}}) {
    int64_t number = 0;
    EXPECT_EQ(ParseJsonInt64(c.text, number), c.number.has_value()) << c.text;
    EXPECT_EQ(number, c.number.value_or(number)) << c.text;
  }
}

}  // namespace
}  // namespace roentgen::storage
