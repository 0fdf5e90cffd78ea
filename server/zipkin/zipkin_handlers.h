// Zipkin's API over HTTP: POST /api/v2/spans, and queries.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_

#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

void AddZipkinRoutes(HttpRouter& router, const ApiServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_
