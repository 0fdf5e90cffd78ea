#include "trace/document/http_status.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace roentgen::storage {

std::optional<int64_t> HttpStatusIn(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
  int64_t status = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), status);
  if (text.size() != 3 || error != std::errc() ||
      end != text.data() + text.size() || status < 100) {
    return std::nullopt;
  }
  return status;
}

std::optional<int64_t> HttpStatusOf(double number) {
  const bool status =
      number >= 100 && number <= 999 && std::floor(number) == number;
  if (!status) return std::nullopt;
  return static_cast<int64_t>(number);
}

}  // namespace roentgen::storage
