#include "query/eval/comparison.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "query/lang/expression.h"

namespace roentgen::query {
namespace {

constexpr std::string_view kTrueText = "true";

const std::vector<Operator> kAll = {
    Operator::kEqual,     Operator::kNotEqual,   Operator::kLess,
    Operator::kLessEqual, Operator::kGreater,    Operator::kGreaterEqual,
    Operator::kContains,  Operator::kBeginsWith, Operator::kEndsWith};

// The operators under which `meets` holds, as letters.
template <typename Meets>
std::string Held(Meets meets) {
  constexpr std::string_view kLetters = "=!<l>gcbe";
  std::string out;
  for (size_t i = 0; i < kAll.size(); ++i) {
    if (meets(kAll[i])) out += kLetters[i];
  }
  return out;
}

std::string Number(storage::ExactNumber value, Literal literal) {
  return Held([&](Operator op) {
    return MeetsNumber(value, {.op = op, .literal = literal});
  });
}

std::string Text(std::string_view value, Literal literal) {
  return Held([&](Operator op) {
    return MeetsText(value, {.op = op, .literal = literal});
  });
}

std::string Flag(bool value, Literal literal) {
  return Held([&](Operator op) {
    return MeetsFlag(value, {.op = op, .literal = literal});
  });
}

std::string Annotation(storage::AnnotationView value, Literal literal) {
  return Held([&](Operator op) {
    return MeetsAnnotation(value, {.op = op, .literal = literal});
  });
}

TEST(ComparisonTest, NumbersAreOrdered) {
  EXPECT_EQ(Number(2, 2.0), "=lg");
  EXPECT_EQ(Number(1, 2.0), "!<l");
  EXPECT_EQ(Number(3, 2.0), "!>g");
  EXPECT_EQ(Number(0, -0.0), "=lg");
}

// As numbers, whatever kind they are of.
TEST(ComparisonTest, IntegersAreComparedExactly) {
  constexpr int64_t k53 = int64_t{1} << 53;
  EXPECT_EQ(Number(3, 3.0), "=lg");
  EXPECT_EQ(Number(3.0, 3), "=lg");
  EXPECT_EQ(Number(3, 3.5), "!<l");
  EXPECT_EQ(Number(-3, -3.5), "!>g");
  EXPECT_EQ(Number(3.5, 3), "!>g");
  EXPECT_EQ(Number(k53 + 1, k53 + 1), "=lg");
  EXPECT_EQ(Number(k53 + 1, k53), "!>g");
  EXPECT_EQ(Number(k53 + 1, static_cast<double>(k53)), "!>g");
  EXPECT_EQ(Number(k53 + 1, static_cast<double>(k53 + 2)), "!<l");
  EXPECT_EQ(Number(static_cast<double>(k53), k53), "=lg");
  EXPECT_EQ(Number(INT64_MAX, 0x1p63), "!<l");
  EXPECT_EQ(Number(INT64_MIN, -0x1p63), "=lg");
  EXPECT_EQ(Number(INT64_MIN, -1e300), "!>g");
  EXPECT_EQ(Number(0x1p63, INT64_MAX), "!>g");
}

TEST(ComparisonTest, TextIsHeldByBytes) {
  EXPECT_EQ(Text("abc", std::string("abc")), "=cbe");
  EXPECT_EQ(Text("abc", std::string("b")), "!c");
  EXPECT_EQ(Text("abc", std::string("ab")), "!cb");
  EXPECT_EQ(Text("abc", std::string("bc")), "!ce");
  EXPECT_EQ(Text("abc", std::string("B")), "!");
  EXPECT_EQ(Text("abc", std::string()), "!cbe");
  EXPECT_EQ(Text("ab", std::string("abc")), "!");
}

TEST(ComparisonTest, FlagsAreEqualOrNot) {
  EXPECT_EQ(Flag(true, true), "=");
  EXPECT_EQ(Flag(true, false), "!");
  EXPECT_EQ(Flag(false, false), "=");
}

TEST(ComparisonTest, OtherTypesMeetNothing) {
  EXPECT_EQ(Number(2, std::string("2")) + Number(1, true), "");
  EXPECT_EQ(Text("2", 2.0) + Text("true", true), "");
  EXPECT_EQ(Flag(true, 1.0) + Flag(true, std::string("true")), "");
  EXPECT_EQ(Annotation(2.0, std::string("2")), "");
  EXPECT_EQ(Annotation(kTrueText, true), "");
  EXPECT_EQ(Annotation(true, 1.0), "");
}

TEST(ComparisonTest, QuotedBooleansMeetBooleanAnnotations) {
  EXPECT_EQ(Annotation(true, std::string("TRUE")), "=");
  EXPECT_EQ(Annotation(true, std::string("false")), "!");
  EXPECT_EQ(Annotation(false, std::string("false")), "=");
  EXPECT_EQ(Annotation(true, std::string("yes")), "");
  EXPECT_EQ(Annotation(kTrueText, std::string("true")), "=cbe");
}

TEST(ComparisonTest, WithoutOperatorABooleanIsItsValue) {
  EXPECT_TRUE(MeetsFlag(true, {}));
  EXPECT_FALSE(MeetsFlag(false, {}));
  EXPECT_FALSE(MeetsAnnotation(false, {}));
  EXPECT_TRUE(MeetsAnnotation(0.0, {}));
  EXPECT_TRUE(MeetsAnnotation(std::string_view(), {}));
}

TEST(ComparisonTest, SecondsAreShownInMilliseconds) {
  EXPECT_EQ(ShownSeconds(absl::Milliseconds(300)), 0.3);
  EXPECT_EQ(ShownSeconds(absl::Nanoseconds(300'499'999)), 0.3);
  EXPECT_EQ(ShownSeconds(absl::Nanoseconds(300'500'000)), 0.301);
  EXPECT_EQ(ShownSeconds(absl::ZeroDuration()), 0);
  EXPECT_EQ(ShownSeconds(absl::Seconds(9'000'000'000)), 9e9);
}

}  // namespace
}  // namespace roentgen::query
