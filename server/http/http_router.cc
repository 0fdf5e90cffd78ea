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

constexpr std::string_view kRest = "*";

// "/assets/" of "/assets/*".
std::optional<std::string_view> PrefixOf(std::string_view path) {
  if (!path.ends_with("/*")) return std::nullopt;
  return path.substr(0, path.size() - kRest.size());
}

// The entry of the longest key that ends in a slash and begins `path`; the
// map's end when there is none.
template <typename Map>
auto FindLongest(const Map& map, std::string_view path) {
  if (map.empty()) return map.end();
  for (size_t slash = path.rfind('/'); slash != path.npos;
       slash = path.rfind('/', slash - 1)) {
    const auto found = map.find(path.substr(0, slash + 1));
    if (found != map.end() || slash == 0) return found;
  }
  return map.end();
}

}  // namespace

void HttpRouter::Add(HttpRoute route) {
  std::string path = route.path;
  if (const auto prefix = PrefixOf(path)) {
    prefixes_[std::string(*prefix)].push_back(std::move(route));
    return;
  }
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
  if (const auto prefix = PrefixOf(path)) {
    prefix_manners_[std::string(*prefix)] = manners;
  } else if (path.find('{') == path.npos) {
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
  const auto longest = FindLongest(prefix_manners_, path);
  if (longest == prefix_manners_.end()) return kPlain;
  // It may be another path's business, as above.
  for (const auto& [pattern, routes] : patterns_) {
    if (MatchPattern(pattern, path, ignored)) return kPlain;
  }
  const auto route = FindLongest(prefixes_, path);
  const bool is_its_own =
      route == prefixes_.end() || route->first.size() <= longest->first.size();
  return is_its_own ? longest->second : kPlain;
}

std::vector<const HttpRoute*> HttpRouter::routes() const {
  std::vector<const HttpRoute*> out;
  for (const auto& [path, routes] : routes_) {
    for (const HttpRoute& route : routes) out.push_back(&route);
  }
  for (const auto& [pattern, routes] : patterns_) {
    for (const HttpRoute& route : routes) out.push_back(&route);
  }
  for (const auto& [prefix, routes] : prefixes_) {
    for (const HttpRoute& route : routes) out.push_back(&route);
  }
  return out;
}

const HttpRouter::Routes* HttpRouter::Find(std::string_view path,
                                           HttpParameters& parameters) const {
  if (const auto found = routes_.find(path); found != routes_.end()) {
    return &found->second;
  }
  for (const auto& [pattern, routes] : patterns_) {
    if (MatchPattern(pattern, path, parameters)) return &routes;
  }
  const auto longest = FindLongest(prefixes_, path);
  if (longest == prefixes_.end()) return nullptr;
  std::optional<std::string> rest =
      DecodePercent(path.substr(longest->first.size()), PlusSign::kItself);
  if (!rest) return nullptr;
  parameters.assign(1, {std::string(kRest), *std::move(rest)});
  return &longest->second;
}

std::variant<HttpRouter::Match, HttpRouter::NoRoute> HttpRouter::Find(
    std::string_view method, std::string_view path) const {
  HttpParameters parameters;
  const Routes* routes = Find(path, parameters);
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
