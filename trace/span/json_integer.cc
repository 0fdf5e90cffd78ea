#include "trace/span/json_integer.h"

#include <charconv>
#include <limits>
#include <string>
#include <system_error>

#include "base/decimal_time.h"

namespace roentgen::storage {
namespace {

// Digits of the largest 64-bit number.
constexpr int kDigitsMax = std::numeric_limits<uint64_t>::digits10 + 1;

bool ParseDigits(std::string_view digits, uint64_t& number) {
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && at == end;
}

// A number without sign that has a point or an exponent.
bool ParseScaled(std::string_view token, uint64_t& number) {
  const size_t e = token.find_first_of("eE");
  std::string_view text = e == token.npos ? "0" : token.substr(e + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t scale = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), scale);
  const bool huge = parsed.ec != std::errc() || scale > 1'000'000'000 ||
                    scale < -1'000'000'000;
  if (huge) scale = 0;
  std::string digits(token.substr(0, e));
  if (const size_t point = digits.find('.'); point != digits.npos) {
    scale -= static_cast<int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  digits.erase(0, digits.find_first_not_of('0'));
  number = 0;
  if (digits.empty()) return true;
  const size_t zeros = digits.size() - 1 - digits.find_last_not_of('0');
  digits.resize(digits.size() - zeros);
  scale += static_cast<int64_t>(zeros);
  if (huge || scale < 0 ||
      scale + static_cast<int64_t>(digits.size()) > kDigitsMax) {
    return false;
  }
  digits.append(static_cast<size_t>(scale), '0');
  return ParseDigits(digits, number);
}

bool ParseMagnitude(std::string_view token, uint64_t& number) {
  if (!token.empty() && (token.size() == 1 || token.front() != '0') &&
      ParseDigits(token, number)) {
    return true;  // Nearly all.
  }
  return IsJsonNumber(token) &&
         token.find_first_of(".eE") != std::string_view::npos &&
         ParseScaled(token, number);
}

}  // namespace

bool ParseJsonUint64(std::string_view token, uint64_t& number) {
  if (!token.starts_with('-')) return ParseMagnitude(token, number);
  return ParseMagnitude(token.substr(1), number) && number == 0;
}

bool ParseJsonInt64(std::string_view token, int64_t& number) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  const bool negative = token.starts_with('-');
  uint64_t magnitude;
  if (!ParseMagnitude(token.substr(negative ? 1 : 0), magnitude) ||
      magnitude > kMax + (negative ? 1 : 0)) {
    return false;
  }
  number = static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
  return true;
}

}  // namespace roentgen::storage
