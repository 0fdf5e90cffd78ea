#include "base/decimal_time.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace roentgen {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Index of the first character at or after `i` that is no digit.
size_t SkipDigits(std::string_view s, size_t i) {
  while (i < s.size() && IsDigit(s[i])) ++i;
  return i;
}

constexpr int kNanoDigits = 9;
// 10^18 < 2^63 < 10^19: more significant digits than this cannot fit.
constexpr int kDigitsMax = 19;

std::string FormatNanos(int64_t ns) {
  // The unsigned magnitude also covers the most negative value.
  const bool negative = ns < 0;
  const uint64_t magnitude =
      negative ? 0 - static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  std::string out = negative ? "-" : "";
  out += std::to_string(magnitude / 1'000'000'000);
  const uint64_t fraction = magnitude % 1'000'000'000;
  if (fraction == 0) return out;
  std::string digits = std::to_string(fraction);
  digits.insert(0, kNanoDigits - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return out + "." + digits;
}

}  // namespace

bool IsJsonNumber(std::string_view s) {
  size_t i = (!s.empty() && s[0] == '-') ? 1 : 0;
  const size_t integer = i;
  i = SkipDigits(s, i);
  if (i == integer || (s[integer] == '0' && i > integer + 1)) return false;
  if (i < s.size() && s[i] == '.') {
    const size_t fraction = ++i;
    i = SkipDigits(s, i);
    if (i == fraction) return false;
  }
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    const size_t exponent = i;
    i = SkipDigits(s, i);
    if (i == exponent) return false;
  }
  return i == s.size();
}

std::optional<Timestamp> ParseEpochSeconds(std::string_view text) {
  if (!IsJsonNumber(text)) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);

  // exponent: power of ten of the last significant digit kept in `digits`.
  int64_t exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != text.npos) {
    // Longer exponents mean zero or overflow; clamp before converting.
    const std::string digits(text.substr(e + 1, 8));
    exponent = std::strtol(digits.c_str(), nullptr, 10);
    text = text.substr(0, e);
  }
  uint64_t value = 0;
  int digit_count = 0;
  bool seen_point = false;
  for (char c : text) {
    if (c == '.') {
      seen_point = true;
      continue;
    }
    if (seen_point) --exponent;
    if (digit_count == 0 && c == '0') continue;
    if (digit_count == kDigitsMax) {
      ++exponent;  // Dropped digit.
      continue;
    }
    value = value * 10 + static_cast<uint64_t>(c - '0');
    ++digit_count;
  }
  exponent += kNanoDigits;
  for (; exponent > 0 && value != 0; --exponent) {
    if (value > UINT64_MAX / 10) return std::nullopt;
    value *= 10;
  }
  for (; exponent < 0 && value != 0; ++exponent) value /= 10;
  if (value > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  const auto ns = static_cast<int64_t>(value);
  return Timestamp{negative ? -ns : ns};
}

std::optional<Timestamp> EpochOfAnyUnit(double value) {
  // Seconds reach 1e11 in the year 5138, milliseconds fall below it in 1973.
  double in_ns = value * 1e9;
  for (const double seconds_max : {1e11, 1e14, 1e17}) {
    if (std::abs(value) < seconds_max) break;
    in_ns /= 1e3;
  }
  constexpr double kEnd = 9.2e18;  // Below 2^63.
  if (!(std::abs(in_ns) < kEnd)) return std::nullopt;
  return Timestamp{static_cast<int64_t>(in_ns)};
}

std::string FormatEpochSeconds(Timestamp t) { return FormatNanos(t.ns); }

std::string FormatSeconds(absl::Duration d) {
  return FormatNanos(absl::ToInt64Nanoseconds(d));
}

}  // namespace roentgen
