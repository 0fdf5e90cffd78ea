// The ranges of a comparison hold exactly the numbers that the evaluator's
// own comparison holds for.
#include "query/plan/number_ranges.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "query/eval/comparison.h"

namespace roentgen::query {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr double kLiterals[] = {0,
                                -0.0,
                                0.001,
                                0.0005,
                                0.3,
                                0.2995,
                                0.30000001,
                                1,
                                1.5,
                                7.001,
                                -1,
                                -1e300,
                                1e300,
                                1e9,
                                1e10,
                                200,
                                -200,
                                200.5,
                                1e-9,
                                9223372036.85,
                                9223372036.855,
                                9223372036.853,
                                3e9};

std::vector<Comparison> Comparisons() {
  std::vector<Comparison> out = {{.op = Operator::kExists, .literal = {}}};
  for (int op = 1; op <= 6; ++op) {
    for (double literal : kLiterals) {
      out.push_back({.op = static_cast<Operator>(op), .literal = literal});
    }
  }
  return out;
}

TEST(NumberRangesTest, DurationsRoundAsTheEvaluatorDoes) {
  std::vector<int64_t> durations = {0, 1, kMax, kMax - 1, kMax - 700'000'000};
  for (double literal : kLiterals) {
    if (literal < 0 || literal > 9.2233e9) continue;
    const auto ns = static_cast<int64_t>(literal * 1e9);
    for (int64_t off : {-1'500'001, -1'500'000, -1'000'000, -500'001, -500'000,
                        -499'999, -1, 0, 1, 499'999, 500'000, 500'001, 999'999,
                        1'000'000, 1'499'999, 1'500'000}) {
      if (ns + off >= 0) durations.push_back(ns + off);
    }
  }
  for (int64_t ms = kMax / 1'000'000 - 3; ms <= kMax / 1'000'000; ++ms) {
    for (int64_t off : {0, 499'999, 500'000}) {
      durations.push_back(ms * 1'000'000 + off);
    }
  }
  for (const Comparison& comparison : Comparisons()) {
    const storage::NumberTest test = DurationsThatMeet(comparison);
    for (int64_t ns : durations) {
      ASSERT_EQ(test.Matches(ns),
                MeetsNumber(ShownSeconds(absl::Nanoseconds(ns)), comparison))
          << ns << " op " << int(comparison.op);
    }
    EXPECT_FALSE(test.Matches(-1)) << "no duration";
  }
}

TEST(NumberRangesTest, StatusesAreWholeAndZeroIsNone) {
  for (const Comparison& comparison : Comparisons()) {
    const storage::NumberTest test = StatusesThatMeet(comparison);
    for (int64_t status :
         {INT32_MIN, INT32_MIN + 1, -201, -200, -199, -2, -1, 1, 2, 199, 200,
          201, 999'999'999, 1'000'000'000, INT32_MAX - 1, INT32_MAX}) {
      ASSERT_EQ(test.Matches(status),
                MeetsNumber(static_cast<double>(status), comparison))
          << status << " op " << int(comparison.op);
    }
    EXPECT_FALSE(test.Matches(0));
  }
}

TEST(NumberRangesTest, DoublesKeepTheirOrder) {
  std::vector<double> values = {5e-324, -5e-324, 1e308, -1e308, 0.1, -0.1};
  for (double literal : kLiterals) {
    values.push_back(literal);
    values.push_back(std::nextafter(literal, 1e308));
    values.push_back(std::nextafter(literal, -1e308));
  }
  for (const Comparison& comparison : Comparisons()) {
    const storage::TracePredicate::AnnotationNumber numbers =
        NumbersThatMeet("k", comparison);
    for (double value : values) {
      if (numbers.unsure == value) continue;
      ASSERT_EQ(numbers.test.Matches(value), MeetsNumber(value, comparison))
          << value << " op " << int(comparison.op);
    }
  }
}

// Integers that share their nearest double with others: the index knows that
// one only, and says what it does not know.
TEST(NumberRangesTest, IntegersBeyondDoublesAreUnsureAndNeverWrong) {
  constexpr int64_t k53 = int64_t{1} << 53;
  std::vector<storage::ExactNumber> numbers;
  for (const int64_t at : {k53, 2 * k53, INT64_MAX - 2}) {
    for (const int64_t i : {at - 2, at - 1, at, at + 1, at + 2}) {
      for (const int64_t n : {i, -i}) {
        numbers.emplace_back(n);
        numbers.emplace_back(static_cast<double>(n));
      }
    }
  }
  for (const double d : {0.0, 0.5, -0.5, 1e300, -1e300, 0x1p63, -0x1p63}) {
    numbers.emplace_back(d);
  }
  numbers.emplace_back(INT64_MIN);
  numbers.emplace_back(0);
  int unsure = 0;
  for (const storage::ExactNumber& literal : numbers) {
    for (const Operator op :
         {Operator::kExists, Operator::kEqual, Operator::kNotEqual,
          Operator::kLess, Operator::kLessEqual, Operator::kGreater,
          Operator::kGreaterEqual}) {
      const Comparison comparison{.op = op, .literal = literal};
      const auto asked = NumbersThatMeet("k", comparison);
      for (const storage::ExactNumber& value : numbers) {
        const double nearest = value.AsDouble();
        if (asked.unsure == nearest) {
          EXPECT_FALSE(asked.test.Matches(nearest));
          ++unsure;
          continue;
        }
        ASSERT_EQ(asked.test.Matches(nearest), MeetsNumber(value, comparison))
            << value.AsDouble() << " op " << int(op) << " "
            << literal.AsDouble();
      }
    }
  }
  EXPECT_GT(unsure, 100);
}

TEST(NumberRangesTest, OtherTypesAndOperatorsMeetNothing) {
  const Comparison text{.op = Operator::kEqual, .literal = "1"};
  EXPECT_TRUE(DurationsThatMeet(text).ranges.empty());
  EXPECT_TRUE(StatusesThatMeet(text).ranges.empty());
  EXPECT_TRUE(NumbersThatMeet("k", text).test.ranges.empty());
  const Comparison contains{.op = Operator::kContains, .literal = 1.0};
  EXPECT_TRUE(NumbersThatMeet("k", contains).test.ranges.empty());
}

TEST(NumberRangesTest, RangesAscendAndStandApart) {
  const auto check = [](const auto& ranges) {
    for (size_t i = 0; i < ranges.size(); ++i) {
      EXPECT_LE(ranges[i].low, ranges[i].high);
      if (i == 0) continue;
      EXPECT_LT(ranges[i - 1].high, ranges[i].low);
    }
  };
  for (const Comparison& comparison : Comparisons()) {
    check(DurationsThatMeet(comparison).ranges);
    check(StatusesThatMeet(comparison).ranges);
    check(NumbersThatMeet("k", comparison).test.ranges);
  }
}

}  // namespace
}  // namespace roentgen::query
