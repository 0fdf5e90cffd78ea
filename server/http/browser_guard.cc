#include "server/http/browser_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kOrigin = "Origin";
constexpr std::string_view kSite = "Sec-Fetch-Site";
// What every browser calls itself, and no page can make it call itself.
constexpr std::string_view kAgentOfBrowsers = "mozilla/";
// Of what a client sent, as much as a message repeats.
constexpr size_t kShownBytesMax = 100;

AwsError Forbidden(std::string message) {
  return {.http_status = 403,
          .name = "AccessDeniedException",
          .message = std::move(message),
          .retry_after = std::nullopt};
}

std::string Shown(std::string_view text) {
  return "'" + std::string(text.substr(0, kShownBytesMax)) + "'";
}

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

std::vector<std::string_view> ValuesOf(const HttpHeaders& headers,
                                       std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& [field, value] : headers.fields()) {
    if (absl::EqualsIgnoreCase(field, {name.data(), name.size()})) {
      out.push_back(value);
    }
  }
  return out;
}

bool CallsItselfABrowser(const HttpHeaders& headers) {
  const auto agents = ValuesOf(headers, "User-Agent");
  return std::any_of(agents.begin(), agents.end(), [](auto agent) {
    return Lower(agent).starts_with(kAgentOfBrowsers);
  });
}

// A host as a URL or the header Host has it, in lower case.
struct HostPort {
  std::string host;  // IPv6 without brackets, names without their last dot.
  bool is_ip = false;
  std::string port;  // Empty: the scheme's.

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == text.npos;
}

bool IsName(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
             text.npos;
}

std::optional<HostPort> ParseHost(std::string_view text) {
  const std::string lower = Lower(text);
  HostPort out;
  std::string_view rest;
  unsigned char address[16];
  if (lower.starts_with('[')) {
    const size_t end = lower.find(']');
    if (end == lower.npos) return std::nullopt;
    const std::string ip = lower.substr(1, end - 1);
    if (inet_pton(AF_INET6, ip.c_str(), address) != 1) return std::nullopt;
    char normal[INET6_ADDRSTRLEN];
    out.host = inet_ntop(AF_INET6, address, normal, sizeof(normal));
    out.is_ip = true;
    rest = std::string_view(lower).substr(end + 1);
  } else {
    const size_t colon = lower.find(':');
    out.host = lower.substr(0, colon);
    if (colon != lower.npos) rest = std::string_view(lower).substr(colon);
    out.is_ip = inet_pton(AF_INET, out.host.c_str(), address) == 1;
    if (out.host.ends_with('.')) out.host.pop_back();
    if (!IsName(out.host)) return std::nullopt;
  }
  if (rest.empty()) return out;
  if (rest[0] != ':' || !IsPort(rest.substr(1))) return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

// Whether a page of `origin` was loaded from `host`. TLS may end at a proxy in
// front, so that either scheme will do.
bool IsOriginOf(std::string_view origin, HostPort host) {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"http://", "80"},
        {"https://", "443"}}) {
    if (!Lower(origin).starts_with(scheme)) continue;
    auto page = ParseHost(origin.substr(scheme.size()));
    if (!page) return false;
    if (page->port.empty()) page->port = port;
    if (host.port.empty()) host.port = port;
    return *page == host;
  }
  return false;
}

AwsError ForeignPage(std::string_view who) {
  return Forbidden(std::string(who) +
                   " may not call this server from a browser; "
                   "cors.allowed_origins lists the origins that may.");
}

}  // namespace

absl::StatusOr<BrowserGuard> BrowserGuard::Make(
    const std::vector<std::string>& allowed_hosts) {
  BrowserGuard guard;
  for (const std::string& name : allowed_hosts) {
    const auto host = ParseHost(name);
    if (!host || !host->port.empty()) {
      return absl::InvalidArgumentError(
          "http.allowed_hosts: '" + name +
          "' is no host name; scheme and port do not belong there");
    }
    guard.allowed_hosts_.push_back(host->host);
  }
  return guard;
}

bool BrowserGuard::Knows(std::string_view host) const {
  return host == "localhost" ||
         std::find(allowed_hosts_.begin(), allowed_hosts_.end(), host) !=
             allowed_hosts_.end();
}

std::optional<AwsError> BrowserGuard::CheckHost(const HttpRequest& head,
                                                bool has_origin) const {
  const auto hosts = ValuesOf(head.headers, "Host");
  const std::string_view name = head.authority.empty() && !hosts.empty()
                                    ? hosts[0]
                                    : std::string_view(head.authority);
  const auto host = ParseHost(name);
  const bool is_one = hosts.size() == 1 && host && ParseHost(hosts[0]) == host;
  const bool is_local =
      host && !has_origin && host->host.find('.') == std::string::npos;
  if (is_one && (host->is_ip || Knows(host->host) || is_local)) {
    return std::nullopt;
  }
  return Forbidden("Browsers may not call this server by the name " +
                   Shown(name) +
                   "; http.allowed_hosts lists names by which they may, "
                   "besides IP addresses and localhost.");
}

std::optional<AwsError> BrowserGuard::Check(const HttpRequest& head,
                                            const CorsPolicy& cors) const {
  const auto origins = ValuesOf(head.headers, kOrigin);
  const auto sites = ValuesOf(head.headers, kSite);
  if (origins.empty() && sites.empty() && !CallsItselfABrowser(head.headers)) {
    return std::nullopt;
  }
  const bool allowed =
      origins.empty()
          ? cors.AllowsAll()
          : std::all_of(origins.begin(), origins.end(),
                        [&](auto origin) { return cors.Allows(origin); });
  if (allowed) return std::nullopt;
  for (const std::string_view site : sites) {
    const std::string kind = Lower(site);
    if (kind == "same-origin" || kind == "none") continue;
    return ForeignPage(origins.empty() ? "A page of another origin"
                                       : "A page of " + Shown(origins[0]));
  }
  if (auto refusal = CheckHost(head, !origins.empty())) return refusal;
  const auto host = ParseHost(head.headers.Find("Host").value_or(""));
  for (const std::string_view origin : origins) {
    if (!IsOriginOf(origin, *host)) {
      return ForeignPage("A page of " + Shown(origin));
    }
  }
  return std::nullopt;
}

}  // namespace roentgen::server
