#include "server/admin/purge_handler.h"

#include <utility>

#include "base/log.h"
#include "server/auth/access.h"
#include "server/http/http_message.h"
#include "server/http/on_worker.h"
#include "server/status_mapping.h"

namespace roentgen::server {

void AddPurgeRoute(HttpRouter& router, const ApiServices& services) {
  HttpHandler handler = OnWorker(services.workers, [services]() -> Answer {
    return [services](HttpRequest& request) {
      LogWarn("all traces are deleted: /purge was called");
      const absl::Status status =
          services.spaces.Of(request.principal).engine().Purge();
      if (!status.ok()) return ErrorResponse(ToAwsError(status, request.id));
      HttpResponse response;
      response.body = "{}";
      // Jaeger's suite counts connections that are left as a leak.
      response.close = true;
      return response;
    };
  });
  router.SetManners("/purge",
                    {.error_form = [](const AwsError& error, std::string_view) {
                      return BearerErrorResponse(error);
                    }});
  router.Add({.method = "POST",
              .path = "/purge",
              .operation = "purge",
              .handler = std::move(handler),
              .access = Access::kAdminister});
}

}  // namespace roentgen::server
