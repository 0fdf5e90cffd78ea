#include "base/decimal_time.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "base/timestamp.h"
#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(EpochOfAnyUnitTest, TakesTheUnitFromTheSize) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const struct {
    double value;
    std::optional<int64_t> milliseconds;
  } kCases[] = {
      {0, 0},
      {1'795'998'995, 1'795'998'995'000},
      {1'795'998'995.416, 1'795'998'995'416},
      {1'795'998'995'416, 1'795'998'995'416},
      {1'795'998'995'416'123, 1'795'998'995'416},
      {1'795'998'995'416'123'456.0, 1'795'998'995'416},
      {-1'000, -1'000'000},
      // The last second of its kind would be in the year 5138.
      {99'999'999'999, std::nullopt},
      {1e11, 100'000'000'000},
      {9e18, 9'000'000'000'000},
      {1e19, std::nullopt},
      {1e300, std::nullopt},
      {-1e300, std::nullopt},
      {kInf, std::nullopt},
      {-kInf, std::nullopt},
      {std::numeric_limits<double>::quiet_NaN(), std::nullopt},
  };
  for (const auto& c : kCases) {
    const std::optional<Timestamp> time = EpochOfAnyUnit(c.value);
    ASSERT_EQ(time.has_value(), c.milliseconds.has_value()) << c.value;
    if (!time) continue;
    EXPECT_NEAR(static_cast<double>(time->ns) / 1e6,
                static_cast<double>(*c.milliseconds), 1)
        << c.value;
  }
}

}  // namespace
}  // namespace roentgen
