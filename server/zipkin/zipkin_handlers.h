// Zipkin's API over HTTP: POST /api/v2/spans, and queries.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "server/http/http_router.h"
#include "server/ingest/span_pipeline.h"
#include "server/zipkin/zipkin_api.h"

namespace roentgen::server {

// All outlive the router.
struct ZipkinServices {
  SpanPipeline& pipeline;
  const ZipkinApi& api;
  WorkerPool& workers;
  const Clock& clock;
  // For one request, from its arrival.
  absl::Duration put_timeout = absl::Seconds(30);
  absl::Duration read_timeout = absl::Seconds(30);
};

void AddZipkinRoutes(HttpRouter& router, const ZipkinServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_HANDLERS_H_
