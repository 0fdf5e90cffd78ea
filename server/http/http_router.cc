#include "server/http/http_router.h"

namespace roentgen::server {

void HttpRouter::Add(HttpRoute route) {
  std::string path = route.path;
  routes_[std::move(path)].push_back(std::move(route));
}

std::variant<const HttpRoute*, HttpRouter::NoRoute> HttpRouter::Find(
    std::string_view method, std::string_view path) const {
  const auto found = routes_.find(path);
  if (found == routes_.end()) {
    return NoRoute{.error = {.http_status = 404,
                             .name = "UnknownOperationException",
                             .message = "There is no operation at this path.",
                             .retry_after = std::nullopt},
                   .allow = ""};
  }
  if (method == "HEAD") method = "GET";
  std::string allow;
  for (const HttpRoute& route : found->second) {
    if (route.method == method) return &route;
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
