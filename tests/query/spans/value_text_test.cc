#include "query/spans/value_text.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "trace/span/value_code.h"

namespace roentgen::query {
namespace {

using storage::AnyValueView;
using Kind = AnyValueView::Kind;

struct Vector {
  double number;
  std::string_view text;
};

// Printed by a program in Go.
constexpr Vector kDoubles[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-1, "-1"},
    {72.5, "72.5"},
    {0.1, "0.1"},
    {-0.1, "-0.1"},
    {1e-6, "0.000001"},
    {1e-7, "1e-7"},
    {-1.5e-7, "-1.5e-7"},
    {1.25e-10, "1.25e-10"},
    {5e-324, "5e-324"},
    {1e15, "1000000000000000"},
    {1e16, "10000000000000000"},
    {1e20, "100000000000000000000"},
    {123456789012345678901.0, "123456789012345680000"},
    {9007199254740992, "9007199254740992"},
    {1e21, "1e+21"},
    {-1.5e21, "-1.5e+21"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {0.000001234, "0.000001234"},
    {1.0 / 3, "0.3333333333333333"},
    {100, "100"},
    {4.35, "4.35"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {0.00012, "0.00012"},
};

TEST(ValueText, DoublesAreWrittenAsGoWritesThem) {
  for (const auto& [number, text] : kDoubles) {
    const AnyValueView value{.kind = Kind::kDouble, .number = number};
    EXPECT_EQ(ValueText(value), text);
    EXPECT_TRUE(IsText(value, text)) << text;
  }
}

TEST(ValueText, OthersAreWhatJaegerComparesWith) {
  struct {
    AnyValueView value;
    std::string_view text;
  } const vectors[] = {
      {{}, ""},
      {{.kind = Kind::kString, .bytes = "a\"b"}, "a\"b"},
      {{.kind = Kind::kBool, .boolean = true}, "true"},
      {{.kind = Kind::kBool}, "false"},
      {{.kind = Kind::kInt, .integer = INT64_MIN}, "-9223372036854775808"},
      {{.kind = Kind::kBytes, .bytes = {"\0\1\xfe\xff", 4}}, "AAH+/w=="},
      {{.kind = Kind::kDouble, .number = NAN}, "NaN"},
  };
  for (const auto& [value, text] : vectors) {
    EXPECT_EQ(ValueText(value), text);
    EXPECT_TRUE(IsText(value, text)) << text;
    EXPECT_FALSE(IsText(value, std::string(text) + "x")) << text;
  }
}

// Else an index would say no to a value that is there.
TEST(ValueText, EveryValueHasACodeOfItsText) {
  std::vector<AnyValueView> values = {
      {},
      {.kind = Kind::kString, .bytes = "007"},
      {.kind = Kind::kString, .bytes = "7"},
      {.kind = Kind::kString, .bytes = "true"},
      {.kind = Kind::kBool, .boolean = true},
      {.kind = Kind::kBool},
      {.kind = Kind::kBytes, .bytes = "abc"},
      {.kind = Kind::kArray},
      {.kind = Kind::kMap},
      {.kind = Kind::kDouble, .number = NAN},
  };
  for (int64_t i : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{7},
                    int64_t{9007199254740993}, INT64_MAX}) {
    values.push_back({.kind = Kind::kInt, .integer = i});
  }
  for (const auto& [number, text] : kDoubles) {
    values.push_back({.kind = Kind::kDouble, .number = number});
  }
  for (const AnyValueView& value : values) {
    const std::string text = ValueText(value);
    EXPECT_THAT(storage::CodesOfText(text),
                testing::Contains(storage::CodeOfValue(value)))
        << text;
  }
}

TEST(ValueText, OtherTextsHaveOtherCodes) {
  const AnyValueView seven{.kind = Kind::kInt, .integer = 7};
  for (const char* other : {"8", "-7", "07", "+7", "7.0", " 7", "7 ", ""}) {
    EXPECT_THAT(storage::CodesOfText(other),
                testing::Not(testing::Contains(storage::CodeOfValue(seven))))
        << other;
  }
}

}  // namespace
}  // namespace roentgen::query
