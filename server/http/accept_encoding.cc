#include "server/http/accept_encoding.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace roentgen::server {
namespace {

constexpr int kFullWeight = 1000;
constexpr int kLeastWeight = 1;
constexpr std::string_view kIdentity = "identity";

std::string_view Trim(std::string_view text) {
  const absl::string_view trimmed =
      absl::StripAsciiWhitespace({text.data(), text.size()});
  return {trimmed.data(), trimmed.size()};
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// Takes what stands before the next `mark` off `text`, and the mark.
std::string_view TakeUntil(std::string_view& text, char mark) {
  const std::string_view part = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// "0", "1", "0.5", "1.000": at most three digits behind the point.
std::optional<int> ParseWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
      (text.size() > 1 && text[1] != '.')) {
    return std::nullopt;
  }
  int weight = (text[0] - '0') * kFullWeight;
  int digit_worth = kFullWeight / 10;
  for (const char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * digit_worth;
    digit_worth /= 10;
  }
  return weight <= kFullWeight ? std::optional(weight) : std::nullopt;
}

// What "; q=0.5" says, and what a coding without it has.
std::optional<int> WeightIn(std::string_view parameters) {
  std::optional<int> weight = kFullWeight;
  while (!parameters.empty()) {
    const std::string_view parameter = Trim(TakeUntil(parameters, ';'));
    if (parameter.empty()) continue;
    const bool is_weight = parameter.size() > 1 &&
                           (parameter[0] == 'q' || parameter[0] == 'Q') &&
                           parameter[1] == '=';
    weight = is_weight ? ParseWeight(parameter.substr(2)) : std::nullopt;
    if (!weight) break;
  }
  return weight;
}

bool IsCoding(std::string_view name, std::string_view coding) {
  return EqualsIgnoringCase(name, coding) ||
         (coding == "gzip" && EqualsIgnoringCase(name, "x-gzip"));
}

}  // namespace

int WeightOfCoding(const HttpHeaders& headers, std::string_view coding) {
  std::optional<int> of_any;  // Of '*'.
  for (const auto& [field, value] : headers.fields()) {
    if (!EqualsIgnoringCase(field, "Accept-Encoding")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view item = TakeUntil(rest, ',');
      const std::string_view name = Trim(TakeUntil(item, ';'));
      const bool is_any = name == "*";
      if (!is_any && !IsCoding(name, coding)) continue;
      const std::optional<int> weight = WeightIn(item);
      if (!weight) continue;
      if (!is_any) return *weight;
      if (!of_any) of_any = weight;
    }
  }
  if (of_any) return *of_any;
  return coding == kIdentity ? kLeastWeight : 0;
}

bool PrefersGzip(const HttpHeaders& headers) {
  const int gzip = WeightOfCoding(headers, "gzip");
  return gzip > 0 && gzip >= WeightOfCoding(headers, kIdentity);
}

}  // namespace roentgen::server
