#include "server/http/query_string.h"

#include <algorithm>

#include "absl/status/status.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> DecodePercent(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusSign::kBlank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

absl::StatusOr<QueryString> QueryString::Parse(std::string_view text) {
  QueryString query;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    if (query.parameters_.size() == limits::kQueryParametersMax) {
      return absl::InvalidArgumentError(
          "query string: more than " +
          std::to_string(limits::kQueryParametersMax) + " parameters");
    }
    const size_t equals = std::min(part.find('='), part.size());
    auto name = DecodePercent(part.substr(0, equals), PlusSign::kBlank);
    auto value = DecodePercent(part.substr(std::min(equals + 1, part.size())),
                               PlusSign::kBlank);
    if (!name || !value) {
      return absl::InvalidArgumentError("query string: '" + std::string(part) +
                                        "' has a % that escapes nothing");
    }
    query.Add(*std::move(name), *std::move(value));
  }
  return query;
}

std::optional<std::string_view> QueryString::Find(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> QueryString::FindAll(
    std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& [key, value] : parameters_) {
    if (key == name) out.push_back(value);
  }
  return out;
}

}  // namespace roentgen::server
