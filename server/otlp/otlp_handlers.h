// OTLP over HTTP: POST /v1/traces.
//
// Export runs on the I/O thread and answers when the commit is durable.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_
#define ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/limits.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/ingest/span_pipeline.h"

namespace roentgen::server {

// All outlive the router.
struct OtlpServices {
  SpanPipeline& pipeline;
  const Clock& clock;
  // Before and after inflating.
  BodyLimit request_limit = {limits::kOtlpRequestBytesMax,
                             "otlp.request_bytes_max"};
  // For one request, from its arrival.
  absl::Duration put_timeout = absl::Seconds(30);
};

void AddOtlpRoutes(HttpRouter& router, const OtlpServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_OTLP_HANDLERS_H_
