// Finds the handler for a method and a path.
//
//   HttpRouter router;
//   router.Add({"POST", "/Traces", "BatchGetTraces", handler});
//   router.Add({"GET", "/api/traces/{id}", "GetTrace", handler});
//   router.Add({"GET", "/assets/*", "Asset", handler});
//
// Paths are compared byte by byte; "{id}" stands for one part between slashes,
// "*" at the end for all that follows its slash, slashes and nothing included.
// The request carries both decoded, under the names "id" and "*". A path
// without such parts goes before those with named parts, of which the one that
// was added first counts; then comes the longest of those that end in "*".
// Where a path has a handler for other methods only, the answer is 405. HEAD is
// served by the GET route.
//
// Threads: thread-compatible; concurrent lookups are fine.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_
#define ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/auth/access.h"
#include "server/http/http_message.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// Runs on an I/O thread, or on another where the body is large, and must not
// block; answers now or later.
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

struct HttpRoute {
  std::string method;
  std::string path;
  std::string operation;  // For metrics and logs.
  HttpHandler handler;
  // Refused to others before the handler runs; it may ask for more.
  Access access = Access::kOpen;
  // The handler asks for Access::kAdminister: the audit log has a line.
  bool administers = false;
};

// What holds for every request of a path or pattern, whatever becomes of it.
struct PathManners {
  // Of a body, before and after inflating; none: the server's.
  std::optional<BodyLimit> body_limit;
  ErrorForm error_form = AwsErrorForm;
};

class HttpRouter {
 public:
  void Add(HttpRoute route);
  void SetManners(std::string path, PathManners manners);

  struct NoRoute {
    AwsError error;     // 404, or 405 when the path has other methods.
    std::string allow;  // Those methods.
  };
  struct Match {
    const HttpRoute* route = nullptr;  // Lives as long as the router.
    HttpParameters parameters;         // Of its path.
  };
  std::variant<Match, NoRoute> Find(std::string_view method,
                                    std::string_view path) const;
  // Also of paths that are not there.
  const PathManners& MannersOf(std::string_view path) const;
  // All that were added, in no order. They live as long as the router.
  std::vector<const HttpRoute*> routes() const;

 private:
  using Routes = std::vector<HttpRoute>;  // Of one path.

  const Routes* Find(std::string_view path, HttpParameters& parameters) const;

  std::map<std::string, Routes, std::less<>> routes_;
  std::vector<std::pair<std::string, Routes>> patterns_;
  // By what stands before the star.
  std::map<std::string, Routes, std::less<>> prefixes_;
  std::map<std::string, PathManners, std::less<>> manners_;
  std::vector<std::pair<std::string, PathManners>> pattern_manners_;
  std::map<std::string, PathManners, std::less<>> prefix_manners_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_
