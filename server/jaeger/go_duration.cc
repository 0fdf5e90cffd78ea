#include "server/jaeger/go_duration.h"

#include <string>

namespace roentgen::server {
namespace {

// Of a negative duration; a positive one has one less.
constexpr uint64_t kMagnitudeMax = uint64_t{1} << 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits off that `text` begins with. Nothing when they are too many.
std::optional<uint64_t> TakeInteger(std::string_view& text) {
  uint64_t value = 0;
  while (!text.empty() && IsDigit(text.front())) {
    if (value > kMagnitudeMax / 10) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(text.front() - '0');
    if (value > kMagnitudeMax) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

struct Fraction {
  uint64_t value = 0;
  double scale = 1;  // What `value` is divided by.
};

// Takes the digits off. Those beyond what 63 bits hold do not matter.
Fraction TakeFraction(std::string_view& text) {
  Fraction fraction;
  auto& [value, scale] = fraction;
  bool full = false;
  for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1)) {
    const uint64_t next =
        value * 10 + static_cast<uint64_t>(text.front() - '0');
    full = full || value > (kMagnitudeMax - 1) / 10 || next > kMagnitudeMax;
    if (full) continue;
    value = next;
    scale *= 10;
  }
  return fraction;
}

// Nanoseconds; 0 for what is no unit.
uint64_t UnitOf(std::string_view name) {
  struct Unit {
    std::string_view name;
    uint64_t ns;
  };
  // Both letters that Unicode has for micro.
  constexpr Unit kUnits[] = {{"ns", 1},
                             {"us", 1'000},
                             {"\u00b5s", 1'000},
                             {"\u03bcs", 1'000},
                             {"ms", 1'000'000},
                             {"s", 1'000'000'000},
                             {"m", 60'000'000'000},
                             {"h", 3'600'000'000'000}};
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.ns;
  }
  return 0;
}

// Takes a number with its unit off `text`.
std::optional<uint64_t> TakePart(std::string_view& text) {
  const size_t before = text.size();
  std::optional<uint64_t> value = TakeInteger(text);
  if (!value) return std::nullopt;
  bool digits = text.size() != before;
  Fraction fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits = digits || (!text.empty() && IsDigit(text.front()));
    fraction = TakeFraction(text);
  }
  if (!digits) return std::nullopt;
  size_t end = 0;
  while (end < text.size() && text[end] != '.' && !IsDigit(text[end])) ++end;
  const uint64_t unit = UnitOf(text.substr(0, end));
  text.remove_prefix(end);
  if (unit == 0 || *value > kMagnitudeMax / unit) return std::nullopt;
  // In this order, as Go does: it decides which way a sum is rounded. Less than
  // one unit, so that the sum does not overflow.
  return *value * unit +
         static_cast<uint64_t>(static_cast<double>(fraction.value) *
                               (static_cast<double>(unit) / fraction.scale));
}

}  // namespace

std::optional<int64_t> ParseGoDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  while (!text.empty()) {
    const std::optional<uint64_t> part = TakePart(text);
    if (!part || *part > kMagnitudeMax || total > kMagnitudeMax - *part) {
      return std::nullopt;
    }
    total += *part;
  }
  if (negative) return static_cast<int64_t>(0 - total);
  if (total == kMagnitudeMax) return std::nullopt;
  return static_cast<int64_t>(total);
}

}  // namespace roentgen::server
