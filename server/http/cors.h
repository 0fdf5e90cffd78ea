// Cross-origin resource sharing: which pages of browsers may call, and how they
// are told.
//
//   RTG_ASSIGN_OR_RETURN(CorsPolicy cors, CorsPolicy::Make(options));
//   if (auto answer = cors.Preflight(request)) return *answer;
//   ...
//   cors.Mark(cors.OriginOf(request), response);
//
// Threads: immutable.
#ifndef ROENTGEN_SERVER_HTTP_CORS_H_
#define ROENTGEN_SERVER_HTTP_CORS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/http/http_message.h"

namespace roentgen::server {

class CorsPolicy {
 public:
  struct Options {
    // "https://shop.example", "https://*.example", "*"; none: all is off.
    std::vector<std::string> allowed_origins;
    // Headers that pages may send; none: those they ask for.
    std::vector<std::string> allowed_headers;
    // How long browsers may remember; zero: as they like.
    absl::Duration max_age;
  };

  // Off: answers nothing and marks nothing.
  CorsPolicy() = default;
  // InvalidArgument: an origin is empty or has more than one '*'.
  static absl::StatusOr<CorsPolicy> Make(Options options);

  bool on() const { return !options_.allowed_origins.empty(); }
  bool Allows(std::string_view origin) const;
  // Whether "*" is among the origins.
  bool AllowsAll() const;

  // The answer to a browser that asks whether its page may call. Credentials
  // do not come with such a request. None: it is no such request, or from an
  // origin that may not.
  std::optional<HttpResponse> Preflight(const HttpRequest& request) const;

  // The origin of a request if it may call; otherwise empty.
  std::string OriginOf(const HttpRequest& request) const;
  // Says in an answer, also one that refuses, that the page of `origin` may
  // read it.
  void Mark(std::string_view origin, HttpResponse& response) const;

 private:
  Options options_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_CORS_H_
