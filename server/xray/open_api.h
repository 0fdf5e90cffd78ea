// GET /openapi.json: the description of the X-Ray API, for anybody.
//
// Threads: the handler is thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_OPEN_API_H_
#define ROENTGEN_SERVER_XRAY_OPEN_API_H_

#include "server/http/http_router.h"

namespace roentgen::server {

void AddOpenApiRoute(HttpRouter& router);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPEN_API_H_
