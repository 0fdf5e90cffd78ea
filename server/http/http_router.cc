#include "server/http/http_router.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "server/http/query_string.h"

namespace roentgen::server {
namespace {

// Takes the part before the next slash off `path`, and that slash.
std::string_view TakePart(std::string_view& path) {
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view part = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return part;
}

// Whether `path` is one of `pattern`; then `parameters` has its named parts.
bool MatchPattern(std::string_view pattern, std::string_view path,
                  HttpParameters& parameters) {
  parameters.clear();
  if (std::count(pattern.begin(), pattern.end(), '/') !=
      std::count(path.begin(), path.end(), '/')) {
    return false;
  }
  while (!pattern.empty()) {
    const std::string_view wanted = TakePart(pattern);
    const std::string_view part = TakePart(path);
    if (!wanted.starts_with('{')) {
      if (wanted != part) return false;
      continue;
    }
    std::optional<std::string> value = DecodePercent(part, PlusSign::kItself);
    if (!value || value->empty()) return false;
    parameters.emplace_back(wanted.substr(1, wanted.size() - 2),
                            *std::move(value));
  }
  return true;
}

}  // namespace

void HttpRouter::Add(HttpRoute route) {
  std::string path = route.path;
  if (path.find('{') == path.npos) {
    routes_[std::move(path)].push_back(std::move(route));
    return;
  }
  auto found =
      std::find_if(patterns_.begin(), patterns_.end(),
                   [&](const auto& pattern) { return pattern.first == path; });
  if (found == patterns_.end()) {
    found = patterns_.emplace(found, std::move(path), Routes());
  }
  found->second.push_back(std::move(route));
}

void HttpRouter::SetManners(std::string path, PathManners manners) {
  if (path.find('{') == path.npos) {
    manners_[std::move(path)] = manners;
  } else {
    pattern_manners_.emplace_back(std::move(path), manners);
  }
}

const PathManners& HttpRouter::MannersOf(std::string_view path) const {
  static const PathManners kPlain;
  const auto found = manners_.find(path);
  if (found != manners_.end()) return found->second;
  if (routes_.contains(path)) return kPlain;
  HttpParameters ignored;
  for (const auto& [pattern, manners] : pattern_manners_) {
    if (MatchPattern(pattern, path, ignored)) return manners;
  }
  return kPlain;
}

std::vector<const HttpRoute*> HttpRouter::routes() const {
  std::vector<const HttpRoute*> out;
  for (const auto& [path, routes] : routes_) {
    for (const HttpRoute& route : routes) out.push_back(&route);
  }
  for (const auto& [pattern, routes] : patterns_) {
    for (const HttpRoute& route : routes) out.push_back(&route);
  }
  return out;
}

std::variant<HttpRouter::Match, HttpRouter::NoRoute> HttpRouter::Find(
    std::string_view method, std::string_view path) const {
  const Routes* routes = nullptr;
  HttpParameters parameters;
  if (const auto found = routes_.find(path); found != routes_.end()) {
    routes = &found->second;
  }
  for (const auto& [pattern, of_pattern] : patterns_) {
    if (routes != nullptr) break;
    if (MatchPattern(pattern, path, parameters)) routes = &of_pattern;
  }
  if (routes == nullptr) {
    return NoRoute{.error = {.http_status = 404,
                             .name = "UnknownOperationException",
                             .message = "There is no operation at this path.",
                             .retry_after = std::nullopt},
                   .allow = ""};
  }
  if (method == "HEAD") method = "GET";
  std::string allow;
  for (const HttpRoute& route : *routes) {
    if (route.method == method) return Match{&route, std::move(parameters)};
    if (!allow.empty()) allow += ", ";
    allow += route.method;
  }
  return NoRoute{.error = {.http_status = 405,
                           .name = "UnknownOperationException",
                           .message = "This path answers to " + allow + ".",
                           .retry_after = std::nullopt},
                 .allow = allow};
}

}  // namespace roentgen::server
