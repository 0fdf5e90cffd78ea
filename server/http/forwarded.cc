#include "server/http/forwarded.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/ip_network.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

std::string_view Trim(std::string_view text) {
  const auto stripped = absl::StripAsciiWhitespace({text.data(), text.size()});
  return {stripped.data(), stripped.size()};
}

// Parts between `separator`s that stand in no quotes, the last ones only.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != separator)) continue;
    parts.push_back(Trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  if (parts.size() > limits::kForwardedAddressesMax) {
    parts.erase(parts.begin(), parts.end() - limits::kForwardedAddressesMax);
  }
  return parts;
}

// "for=192.0.2.1;proto=http": what follows "for="; empty: nothing.
std::string_view ForOf(std::string_view element) {
  constexpr std::string_view kFor = "for=";
  for (const std::string_view pair : Split(element, ';')) {
    if (pair.size() >= kFor.size() &&
        absl::EqualsIgnoreCase({pair.data(), kFor.size()},
                               {kFor.data(), kFor.size()})) {
      return pair.substr(kFor.size());
    }
  }
  return {};
}

// Of `"[2001:db8::1]:4711"`, `192.0.2.1:80`, `2001:db8::1`; nothing: no
// address.
std::optional<std::string> AddressOf(std::string_view node) {
  if (node.size() >= 2 && node.front() == '"' && node.back() == '"') {
    node = node.substr(1, node.size() - 2);
  }
  if (node.starts_with('[')) {
    const size_t end = node.find(']');
    if (end == node.npos) return std::nullopt;
    node = node.substr(1, end - 1);
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    node = node.substr(0, node.find(':'));
  }
  const std::optional<IpBytes> ip = ParseIp(node);
  if (!ip) return std::nullopt;
  return IpText(*ip);
}

// All fields of that name, in one.
std::string FieldsOf(const HttpHeaders& headers, std::string_view name) {
  std::string all;
  for (const auto& [field, value] : headers.fields()) {
    if (!absl::EqualsIgnoreCase(field, {name.data(), name.size()})) continue;
    if (!all.empty()) all += ',';
    all += value;
  }
  return all;
}

}  // namespace

std::optional<std::string> ForwardedFor(
    const HttpHeaders& headers,
    const std::function<bool(const std::string& address)>& is_trusted) {
  std::string text = FieldsOf(headers, "Forwarded");
  const bool is_standard = !text.empty();
  if (!is_standard) text = FieldsOf(headers, "X-Forwarded-For");
  const std::vector<std::string_view> elements = Split(text, ',');
  std::optional<std::string> found;
  for (auto at = elements.rbegin(); at != elements.rend(); ++at) {
    std::optional<std::string> address =
        AddressOf(is_standard ? ForOf(*at) : *at);
    if (!address) break;  // Nobody can say who stood before.
    found = std::move(address);
    if (!is_trusted(*found)) break;
  }
  return found;
}

}  // namespace roentgen::server
