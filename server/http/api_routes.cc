#include "server/http/api_routes.h"

#include <memory>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "server/api/api_access.h"
#include "server/api_model/api_model.h"
#include "server/http/answer_lease.h"
#include "server/http/api_json.h"
#include "server/http/on_worker.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

using ErrorMapping = AwsError (*)(const absl::Status&, std::string_view);

struct Route {
  const ApiOperation* operation;
  JsonFunction run;
  ErrorMapping to_error;
};

HttpResponse AnswerTo(const Route& route, HttpRequest& request,
                      const Clock& clock, absl::Time deadline) {
  const auto read =
      ReadApiRequest(*route.operation->input, request.body, request.lease);
  if (const auto* error = std::get_if<AwsError>(&read)) {
    return ErrorResponse(*error);
  }
  const std::string_view name = route.operation->name;
  const absl::Status allowed =
      Authorize(request.principal, AccessOf(name), name);
  if (!allowed.ok()) return ErrorResponse(ToAwsError(allowed, request.id));
  AnswerLease lease(request, clock, deadline);
  absl::StatusOr<std::string> body =
      route.run(std::get<ApiValue>(read), lease.control());
  if (!body.ok()) {
    return ErrorResponse(route.to_error(body.status(), request.id));
  }
  HttpResponse response;
  response.body = *std::move(body);
  lease.MoveTo(response);
  return response;
}

void Add(HttpRouter& router, const ApiRouteServices& services, Route parts) {
  const auto route = std::make_shared<const Route>(std::move(parts));
  // The deadline counts the wait for a worker, too.
  HttpHandler handler =
      OnWorker(services.workers, [services, route]() -> Answer {
        const absl::Time deadline =
            services.clock.Now().ToTime() + services.timeout;
        return
            [route, &clock = services.clock, deadline](HttpRequest& request) {
              return AnswerTo(*route, request, clock, deadline);
            };
      });
  router.Add({.method = "POST",
              .path = std::string(route->operation->path),
              .operation = std::string(route->operation->name),
              .handler = std::move(handler),
              .access = AccessBeforeBody(route->operation->name)});
}

}  // namespace

Access AccessBeforeBody(std::string_view operation) {
  // Unsigned sampling calls come from nobody known.
  return AccessOf(operation) == Access::kSampling ? Access::kSampling
                                                  : Access::kKnown;
}

void AddApiRoutes(HttpRouter& router, const ApiRouteServices& services,
                  const ApiFunctions& functions) {
  for (const auto& [name, entry] : functions.entries()) {
    JsonFunction run =
        [function = entry.run](
            const ApiValue& request,
            const AnswerControl& control) -> absl::StatusOr<std::string> {
      RTG_ASSIGN_OR_RETURN(const ApiValue answer, function(request, control));
      std::string body;
      AppendJson(answer, body);
      return body;
    };
    Add(router, services,
        {.operation = entry.operation,
         .run = std::move(run),
         .to_error = static_cast<ErrorMapping>(ToAwsError)});
  }
}

void AddApiRoute(HttpRouter& router, const ApiRouteServices& services,
                 std::string_view operation, JsonFunction run) {
  Add(router, services,
      {.operation = FindApiOperation(operation),
       .run = std::move(run),
       .to_error = ToAwsReadError});
}

}  // namespace roentgen::server
