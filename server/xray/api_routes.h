// X-Ray's operations over HTTP: reads the body by the model's table, runs the
// operation on the worker pool, writes the answer.
//
//   AddApiRoutes(router, services);
//   AddApiRoute(router, services, "GetTraceGraph", get_trace_graph);
//
// Order of checks: the caller is known, the body is JSON of the right types
// (SerializationException), keeps to its shape (ValidationException), the
// caller may do it, and then the operation's own.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_API_ROUTES_H_
#define ROENTGEN_SERVER_XRAY_API_ROUTES_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "server/auth/access.h"
#include "server/http/http_router.h"
#include "server/space/api_services.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// All of XrayFunctions.
void AddApiRoutes(HttpRouter& router, const ApiServices& services);

// What a route of an operation asks for before its body is looked at.
Access AccessBeforeBody(std::string_view operation);

// A read whose answer is large, and is written as JSON at once. One that needs
// more memory than it may use is the request's fault (ToAwsReadError).
// The answer counts as memory of requests while it is built.
using JsonFunction = std::function<absl::StatusOr<std::string>(
    Space& space, const ApiValue& request, const Call& call)>;
void AddApiRoute(HttpRouter& router, const ApiServices& services,
                 std::string_view operation, JsonFunction run);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_API_ROUTES_H_
