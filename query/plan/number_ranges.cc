#include "query/plan/number_ranges.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "query/eval/comparison.h"

namespace roentgen::query {
namespace {

using storage::DoubleRange;
using storage::IntRange;
using storage::NumberTest;

// The greatest duration, in milliseconds, rounded as it is shown.
constexpr int64_t kMillisecondsMax =
    std::numeric_limits<int64_t>::max() / 1'000'000 + 1;
constexpr int64_t kNsPerMs = 1'000'000;

// Integers n of [low, high] for which n / scale meets the comparison. Asks
// the evaluator's own comparison at the ends, so that both round alike.
NumberTest WhereMet(const Comparison& comparison, int64_t low, int64_t high,
                    double scale) {
  const auto met = [&](int64_t n) {
    return MeetsNumber(static_cast<double>(n) / scale, comparison);
  };
  if (comparison.op == Operator::kExists) return {{{low, high}}};
  const auto* literal = std::get_if<storage::ExactNumber>(&comparison.literal);
  if (literal == nullptr) return {};
  // Within two of where the answer changes.
  constexpr int64_t kReach = 3;
  const double at =
      std::clamp(literal->AsDouble() * scale, static_cast<double>(low),
                 static_cast<double>(high));
  const auto middle = static_cast<int64_t>(at);
  const int64_t from = std::max(low, middle - kReach);
  const int64_t to = std::min(high, middle + kReach);
  NumberTest test;
  const auto add = [&](int64_t begin, int64_t end) {
    if (begin > end) return;
    if (!test.ranges.empty() && test.ranges.back().high + 1 == begin) {
      test.ranges.back().high = end;
    } else {
      test.ranges.push_back({begin, end});
    }
  };
  if (from > low && met(low)) add(low, from - 1);
  for (int64_t n = from; n <= to; ++n) {
    if (met(n)) add(n, n);
  }
  if (to < high && met(high)) add(to + 1, high);
  return test;
}

}  // namespace

NumberTest DurationsThatMeet(const Comparison& comparison) {
  NumberTest test = WhereMet(comparison, 0, kMillisecondsMax, 1000.0);
  for (IntRange& range : test.ranges) {
    // Half a millisecond goes up; no duration is negative. The greatest low in
    // nanoseconds would only fit less that half.
    range.low = std::max<int64_t>(0, (range.low - 1) * kNsPerMs + kNsPerMs / 2);
    range.high = range.high == kMillisecondsMax
                     ? std::numeric_limits<int64_t>::max()
                     : range.high * kNsPerMs + kNsPerMs / 2 - 1;
  }
  return test;
}

NumberTest StatusesThatMeet(const Comparison& comparison) {
  constexpr int64_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  NumberTest test = WhereMet(comparison, kMin, -1, 1.0);
  for (const IntRange& range : WhereMet(comparison, 1, kMax, 1.0).ranges) {
    test.ranges.push_back(range);
  }
  return test;
}

storage::TracePredicate::AnnotationNumber NumbersThatMeet(
    std::string key, const Comparison& comparison) {
  storage::TracePredicate::AnnotationNumber out{.key = std::move(key),
                                                .test = {}};
  constexpr double kMax = std::numeric_limits<double>::max();
  std::vector<DoubleRange>& ranges = out.test.ranges;
  if (comparison.op == Operator::kExists) {
    ranges = {{-kMax, kMax}};
    return out;
  }
  const auto* literal = std::get_if<storage::ExactNumber>(&comparison.literal);
  if (literal == nullptr) return out;
  const double at = literal->AsDouble() + 0.0;  // Negative zero is zero.
  const auto below = [&](double end) {
    if (end >= -kMax) ranges.push_back({-kMax, std::min(end, kMax)});
  };
  const auto above = [&](double begin) {
    if (begin <= kMax) ranges.push_back({std::max(begin, -kMax), kMax});
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double before = std::nextafter(at, -kInfinity);
  const double after = std::nextafter(at, kInfinity);
  // Several integers may have that double for their nearest one.
  const double size = std::abs(at);
  const bool exact = size < storage::kDoubleIntegersEnd || size > 0x1p63;
  switch (comparison.op) {
    case Operator::kEqual:
      if (exact && std::isfinite(at)) ranges = {{at, at}};
      break;
    case Operator::kNotEqual:
      below(before);
      above(after);
      break;
    case Operator::kLess:
      below(before);
      break;
    case Operator::kLessEqual:
      below(exact ? at : before);
      break;
    case Operator::kGreater:
      above(after);
      break;
    case Operator::kGreaterEqual:
      above(exact ? at : after);
      break;
    case Operator::kExists:
    case Operator::kContains:
    case Operator::kBeginsWith:
    case Operator::kEndsWith:
      return out;
  }
  if (!exact) out.unsure = at;
  return out;
}

}  // namespace roentgen::query
