// The X-Ray API over HTTP: PutTraceSegments, BatchGetTraces,
// GetTraceSummaries.
//
// Ingest runs on the I/O thread and answers when the commit is durable; reads
// run on the worker pool.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_
#define ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_

#include "absl/time/time.h"
#include "query/traces/trace_queries.h"
#include "server/http/http_router.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/xray/api_routes.h"

namespace roentgen::server {

// All outlive the router.
struct XrayServices {
  IngestPipeline& pipeline;
  query::TraceQueries& queries;
  ApiRouteServices routes;
  // For one put, from its arrival.
  absl::Duration put_timeout = absl::Seconds(30);
};

void AddXrayRoutes(HttpRouter& router, const XrayServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_XRAY_HANDLERS_H_
