// POST /purge: forgets every trace, for test suites of clients, which want an
// empty store between their cases.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_
#define ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_

#include "base/worker_pool.h"
#include "server/http/http_router.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

// Both outlive the router.
void AddPurgeRoute(HttpRouter& router, storage::TraceEngine& engine,
                   WorkerPool& workers);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_
