// The X-Ray API over HTTP: PutTraceSegments, BatchGetTraces,
// GetTraceSummaries.
//
// Ingest runs on the I/O thread and answers when the commit is durable; reads
// run on the worker pool.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_
#define ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_

#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

void AddXrayRoutes(HttpRouter& router, const ApiServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_
