// X-Ray's operations on the service map over HTTP: GetServiceGraph,
// GetTraceGraph, GetTimeSeriesServiceStatistics.
//
// They run on the worker pool.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_GRAPH_HANDLERS_H_
#define ROENTGEN_SERVER_HTTP_GRAPH_HANDLERS_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "query/service_graphs.h"
#include "server/http/http_router.h"
#include "server/http/worker_pool.h"

namespace roentgen::server {

// All outlive the router.
struct GraphServices {
  const query::ServiceGraphs& graphs;
  WorkerPool& readers;
  const Clock& clock;
  // For one call, from its arrival.
  absl::Duration read_timeout = absl::Seconds(30);
};

void AddGraphRoutes(HttpRouter& router, const GraphServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GRAPH_HANDLERS_H_
