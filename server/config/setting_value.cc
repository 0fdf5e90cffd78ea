#include "server/config/setting_value.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace roentgen::server {
namespace {

constexpr std::pair<std::string_view, int64_t> kTimeUnits[] = {
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
    {"s", 1'000'000},      {"ms", 1'000},        {"us", 1},
};

constexpr std::pair<std::string_view, uint64_t> kByteUnits[] = {
    {"TiB", 1ULL << 40},
    {"GiB", 1ULL << 30},
    {"MiB", 1ULL << 20},
    {"KiB", 1ULL << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"kB", 1'000},
    {"B", 1},
    {"", 1},
};

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits `text` begins with.
std::optional<uint64_t> TakeNumber(std::string_view& text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || text.empty() || !IsDigit(text[0])) return {};
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return number;
}

// Takes what comes before the next digit, or before the end.
std::string_view TakeUnit(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && !IsDigit(text[n])) ++n;
  const std::string_view unit = text.substr(0, n);
  text.remove_prefix(n);
  return unit;
}

template <typename Units>
auto FindUnit(const Units& units, std::string_view name)
    -> decltype(&std::begin(units)->second) {
  for (const auto& [unit, size] : units) {
    if (unit == name) return &size;
  }
  return nullptr;
}

absl::Status BadDuration() {
  return absl::InvalidArgumentError(
      "expected a duration such as 30d, 15s or 250ms");
}

absl::Status BadByteCount() {
  return absl::InvalidArgumentError(
      "expected a size such as 400MiB, 64kB or 1000");
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  if (text.empty()) return BadDuration();
  constexpr uint64_t kUsMax = 100ULL * 365 * 86'400'000'000;  // A century.
  uint64_t total_us = 0;
  while (!text.empty()) {
    const std::optional<uint64_t> number = TakeNumber(text);
    const int64_t* unit = FindUnit(kTimeUnits, TakeUnit(text));
    if (!number || unit == nullptr) return BadDuration();
    const auto size = static_cast<uint64_t>(*unit);
    if (*number > (kUsMax - total_us) / size) {
      return absl::InvalidArgumentError("at most 100 years");
    }
    total_us += *number * size;
  }
  return absl::Microseconds(static_cast<int64_t>(total_us));
}

std::string DurationText(absl::Duration duration) {
  int64_t us = absl::ToInt64Microseconds(duration);
  if (us == 0) return "0s";
  std::string text;
  for (const auto& [unit, size] : kTimeUnits) {
    if (us < size) continue;
    text += std::to_string(us / size) + std::string(unit);
    us %= size;
  }
  return text;
}

absl::StatusOr<ByteCount> ParseByteCount(std::string_view text) {
  const std::optional<uint64_t> number = TakeNumber(text);
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  const uint64_t* unit = FindUnit(kByteUnits, text);
  if (!number || unit == nullptr) return BadByteCount();
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (*number > kMax / *unit) {
    return absl::InvalidArgumentError("the size is too large");
  }
  return ByteCount{*number * *unit};
}

std::string ByteCountText(ByteCount count) {
  if (count.bytes == 0) return "0";
  for (const auto& [unit, size] : kByteUnits) {
    const bool binary = unit.size() == 3;
    if (binary && count.bytes % size == 0) {
      return std::to_string(count.bytes / size) + std::string(unit);
    }
  }
  return std::to_string(count.bytes);
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "no", "off", "0"}) {
    if (text == no) return false;
  }
  return absl::InvalidArgumentError("expected true or false");
}

absl::StatusOr<int64_t> ParseInt(std::string_view text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty()) {
    return absl::InvalidArgumentError("expected a whole number");
  }
  return number;
}

}  // namespace roentgen::server
