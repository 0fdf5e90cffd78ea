#include "server/http/cors.h"

#include <algorithm>
#include <utility>

namespace roentgen::server {
namespace {

// `pattern` has one '*' at most, which stands for any text.
bool Matches(std::string_view pattern, std::string_view origin) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == origin;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  return origin.size() >= before.size() + after.size() &&
         origin.starts_with(before) && origin.ends_with(after);
}

std::string Join(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

}  // namespace

absl::StatusOr<CorsPolicy> CorsPolicy::Make(Options options) {
  for (const std::string& origin : options.allowed_origins) {
    if (origin.empty() || std::count(origin.begin(), origin.end(), '*') > 1) {
      return absl::InvalidArgumentError(
          "cors.allowed_origins: '" + origin +
          "' is no origin; one '*' may stand for a part of it");
    }
  }
  CorsPolicy policy;
  policy.options_ = std::move(options);
  return policy;
}

bool CorsPolicy::Allows(std::string_view origin) const {
  return std::any_of(options_.allowed_origins.begin(),
                     options_.allowed_origins.end(),
                     [origin](const std::string& pattern) {
                       return Matches(pattern, origin);
                     });
}

bool CorsPolicy::AllowsAll() const {
  const auto& origins = options_.allowed_origins;
  return std::find(origins.begin(), origins.end(), "*") != origins.end();
}

std::string CorsPolicy::OriginOf(const HttpRequest& request) const {
  const auto origin = request.headers.Find("Origin");
  return origin && Allows(*origin) ? std::string(*origin) : std::string();
}

std::optional<HttpResponse> CorsPolicy::Preflight(
    const HttpRequest& request) const {
  if (request.method != "OPTIONS" || OriginOf(request).empty() ||
      !request.headers.Find("Access-Control-Request-Method")) {
    return std::nullopt;
  }
  HttpResponse response;
  response.status = 204;
  // The same for every path: nobody learns from it which there are.
  response.headers.emplace_back("Access-Control-Allow-Methods",
                                "GET, POST, OPTIONS");
  std::string headers = Join(options_.allowed_headers);
  if (headers.empty()) {
    headers =
        request.headers.Find("Access-Control-Request-Headers").value_or("");
  }
  if (!headers.empty()) {
    response.headers.emplace_back("Access-Control-Allow-Headers", headers);
  }
  if (options_.max_age > absl::ZeroDuration()) {
    response.headers.emplace_back(
        "Access-Control-Max-Age",
        std::to_string(absl::ToInt64Seconds(options_.max_age)));
  }
  return response;
}

void CorsPolicy::Mark(std::string_view origin, HttpResponse& response) const {
  if (!on()) return;
  // Caches must not show one page what was meant for another.
  response.headers.emplace_back("Vary", "Origin");
  if (origin.empty()) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
}

}  // namespace roentgen::server
