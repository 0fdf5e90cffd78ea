// X-Ray's operations on the service map over HTTP: GetServiceGraph,
// GetTraceGraph, GetTimeSeriesServiceStatistics, GetRetrievedTracesGraph.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_
#define ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_

#include "query/maps/service_graphs.h"
#include "server/account/trace_retrieval.h"
#include "server/http/http_router.h"
#include "server/xray/api_routes.h"

namespace roentgen::server {

// `graphs`, `retrievals` and what `services` refers to outlive the router.
void AddGraphRoutes(HttpRouter& router, const ApiRouteServices& services,
                    const query::ServiceGraphs& graphs,
                    TraceRetrieval& retrievals);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_GRAPH_HANDLERS_H_
