// The APIs that a listener of HTTP may serve.
//
// Threads: one thread, before the server starts; handlers are thread-safe.
#ifndef ROENTGEN_SERVER_APP_HTTP_APIS_H_
#define ROENTGEN_SERVER_APP_HTTP_APIS_H_

#include <memory>
#include <vector>

#include "server/admin/admin_handlers.h"
#include "server/config/listener.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

// What the routes of a listener work with.
struct HttpApiParts {
  ApiServices services;  // In the listener's space.
  AdminServices admin;
  BodyLimit otlp_request_limit;
};

// The routes of `apis`.
std::shared_ptr<const HttpRouter> RoutesOf(const std::vector<Api>& apis,
                                           const HttpApiParts& parts);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_HTTP_APIS_H_
