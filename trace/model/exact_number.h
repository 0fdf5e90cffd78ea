// A number as JSON and OpenTelemetry have them: an integer of 64 bits or a
// double, each held exactly, and compared as numbers are: 3 is 3.0, and
// 9007199254740993 is greater than 9007199254740992.0, though no double is
// between them.
//
// Threads: plain value.
#ifndef ROENTGEN_TRACE_MODEL_EXACT_NUMBER_H_
#define ROENTGEN_TRACE_MODEL_EXACT_NUMBER_H_

#include <cmath>
#include <compare>
#include <concepts>
#include <cstdint>

namespace roentgen::storage {

// From here on, up and down, not every integer is a double.
inline constexpr double kDoubleIntegersEnd = 0x1p53;

class ExactNumber {
 public:
  // Implicit: both kinds are numbers.
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr ExactNumber(T value)
      : is_integer_(true), integer_(value) {}
  constexpr ExactNumber(double value) : double_(value) {}

  constexpr bool is_integer() const { return is_integer_; }
  // Of an integer.
  constexpr int64_t integer() const { return integer_; }
  // The nearest one.
  constexpr double AsDouble() const {
    return is_integer_ ? static_cast<double>(integer_) : double_;
  }

  friend std::weak_ordering operator<=>(const ExactNumber& a,
                                        const ExactNumber& b) {
    if (a.is_integer_ && b.is_integer_) return a.integer_ <=> b.integer_;
    if (a.is_integer_) return Compare(a.integer_, b.double_);
    if (b.is_integer_) return 0 <=> Compare(b.integer_, a.double_);
    return Compare(a.double_, b.double_);
  }
  friend bool operator==(const ExactNumber& a, const ExactNumber& b) {
    return (a <=> b) == 0;
  }

 private:
  // What is no number is greater than all.
  static std::weak_ordering Compare(double a, double b) {
    if (a < b) return std::weak_ordering::less;
    if (a > b) return std::weak_ordering::greater;
    if (a == b) return std::weak_ordering::equivalent;
    return std::isnan(a) <=> std::isnan(b);
  }
  static std::weak_ordering Compare(int64_t a, double b) {
    if (std::isnan(b) || b >= 0x1p63) return std::weak_ordering::less;
    if (b < -0x1p63) return std::weak_ordering::greater;
    const double whole = std::trunc(b);
    const auto integer = static_cast<int64_t>(whole);
    if (a != integer) return a <=> integer;
    return Compare(whole, b);
  }

  bool is_integer_ = false;
  int64_t integer_ = 0;
  double double_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_EXACT_NUMBER_H_
