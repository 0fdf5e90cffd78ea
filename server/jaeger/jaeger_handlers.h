// Jaeger's query APIs over HTTP: /api, which Grafana reads, and /api/v3, which
// Jaeger's own console reads.
//
// Every route needs Access::kRead and runs on the worker pool. Failures have
// the form of their API: an envelope, or {"error": {...}}.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_

#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

void AddJaegerRoutes(HttpRouter& router, const ApiServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_
