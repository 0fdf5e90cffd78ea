// Jaeger's query APIs over HTTP: /api, which Grafana reads, and /api/v3, which
// Jaeger's own console reads.
//
// Every route needs Access::kRead and runs on the worker pool. Failures have
// the form of their API: an envelope, or {"error": {...}}.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "query/spans/span_search.h"
#include "server/http/http_router.h"

namespace roentgen::server {

// All outlive the router.
struct JaegerServices {
  const query::SpanSearch& spans;
  WorkerPool& workers;
  const Clock& clock;
  // For one call, from its arrival.
  absl::Duration timeout = absl::Seconds(30);
};

void AddJaegerRoutes(HttpRouter& router, const JaegerServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_HANDLERS_H_
