// X-Ray's operations on groups over HTTP: CreateGroup, GetGroup, GetGroups,
// UpdateGroup, DeleteGroup.
//
// They run on the worker pool: a change waits for the disk.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_GROUP_HANDLERS_H_
#define ROENTGEN_SERVER_HTTP_GROUP_HANDLERS_H_

#include "query/groups/group_catalog.h"
#include "server/http/http_router.h"
#include "server/http/worker_pool.h"

namespace roentgen::server {

// `groups` and `workers` outlive the router.
void AddGroupRoutes(HttpRouter& router, query::GroupCatalog& groups,
                    WorkerPool& workers);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GROUP_HANDLERS_H_
