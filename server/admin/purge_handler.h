// POST /purge: forgets every trace, for test suites of clients, which want an
// empty store between their cases.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_
#define ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_

#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

void AddPurgeRoute(HttpRouter& router, const ApiServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ADMIN_PURGE_HANDLER_H_
