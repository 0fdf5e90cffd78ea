// X-Ray's operations on the service map over HTTP: GetServiceGraph,
// GetTraceGraph, GetTimeSeriesServiceStatistics, GetRetrievedTracesGraph.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_
#define ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_

#include "server/http/http_router.h"
#include "server/space/api_services.h"

namespace roentgen::server {

void AddGraphRoutes(HttpRouter& router, const ApiServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_
