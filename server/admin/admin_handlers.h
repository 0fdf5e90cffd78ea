// For operators and their tools: /healthz, /readyz, /metrics.
//
// Threads: handlers are thread-safe.
#ifndef ROENTGEN_SERVER_ADMIN_ADMIN_HANDLERS_H_
#define ROENTGEN_SERVER_ADMIN_ADMIN_HANDLERS_H_

#include <functional>

#include "absl/status/status.h"
#include "base/metrics.h"
#include "base/worker_pool.h"
#include "server/http/http_router.h"

namespace roentgen::server {

struct AdminServices {
  const Metrics& metrics;  // Outlives the router, as `scrapes` does.
  // Makes /metrics: not the one of reads, whose queue may be full.
  WorkerPool& scrapes;
  // OK while the server should get traffic. Runs on an I/O thread.
  std::function<absl::Status()> ready;
};

void AddAdminRoutes(HttpRouter& router, const AdminServices& services);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ADMIN_ADMIN_HANDLERS_H_
