#include "server/admin/admin_handlers.h"

#include <memory>
#include <string>
#include <utility>

#include "base/memory_budget.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

HttpResponse TextResponse(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

HttpResponse MetricsResponse(const Metrics& metrics) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.Text();
  // Whatever others hold, operators see it.
  response.lease = std::make_shared<MemoryLease>();
  return response;
}

}  // namespace

void AddAdminRoutes(HttpRouter& router, const AdminServices& services) {
  router.Add({.method = "GET",
              .path = "/healthz",
              .operation = "healthz",
              .handler = [](const HttpRequest&, const HttpResponder& respond) {
                respond.Send(TextResponse(200, "ok\n"));
              }});
  router.Add({.method = "GET",
              .path = "/readyz",
              .operation = "readyz",
              .handler = [ready = services.ready](
                             const HttpRequest&, const HttpResponder& respond) {
                const absl::Status status = ready();
                respond.Send(
                    status.ok()
                        ? TextResponse(200, "ready\n")
                        : TextResponse(503, PublicMessage(status) + "\n"));
              }});
  router.Add({.method = "GET",
              .path = "/metrics",
              .operation = "metrics",
              .handler =
                  [services](const HttpRequest&, const HttpResponder& respond) {
                    // Sizes are read from disk: not on the I/O thread.
                    const bool accepted = services.scrapes.TryStart(
                        [services, respond] {
                          respond.Send(MetricsResponse(services.metrics));
                        },
                        {.at_stop = WorkerPool::AtStop::kDrop});
                    if (!accepted) respond.Send(TextResponse(503, "busy\n"));
                  },
              .access = Access::kRead});
}

}  // namespace roentgen::server
