// Finds the handler for a method and a path.
//
//   HttpRouter router;
//   router.Add({"POST", "/Traces", "BatchGetTraces", handler});
//
// Paths are compared byte by byte. HEAD is served by the GET route.
//
// Threads: thread-compatible; concurrent lookups are fine.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_
#define ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/auth/access.h"
#include "server/http/http_message.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// Runs on an I/O thread and must not block; answers now or later.
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

struct HttpRoute {
  std::string method;
  std::string path;
  std::string operation;  // For metrics and logs.
  HttpHandler handler;
  // Refused to others before the handler runs; it may ask for more.
  Access access = Access::kOpen;
};

class HttpRouter {
 public:
  void Add(HttpRoute route);

  struct NoRoute {
    AwsError error;     // 404, or 405 when the path has other methods.
    std::string allow;  // Those methods.
  };
  // The pointer lives as long as the router.
  std::variant<const HttpRoute*, NoRoute> Find(std::string_view method,
                                               std::string_view path) const;

 private:
  std::map<std::string, std::vector<HttpRoute>, std::less<>> routes_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_ROUTER_H_
