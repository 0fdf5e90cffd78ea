// OTLP over HTTP: POST /v1/traces.
//
// Export runs on the I/O thread and answers when the commit is durable.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_
#define ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_

#include "base/limits.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

// `limit`: of a body, before and after inflating.
void AddOtlpRoutes(HttpRouter& router, const ApiServices& services,
                   const BodyLimit& limit = {limits::kOtlpRequestBytesMax,
                                             "otlp.request_bytes_max"});

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_
