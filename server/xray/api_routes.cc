#include "server/xray/api_routes.h"

#include <memory>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "server/http/answer_lease.h"
#include "server/http/on_worker.h"
#include "server/status_mapping.h"
#include "server/xray/api_json.h"
#include "server/xray/model/api_model.h"
#include "server/xray/operations/api_access.h"
#include "server/xray/operations/xray_functions.h"

namespace roentgen::server {
namespace {

using ErrorMapping = AwsError (*)(const absl::Status&, std::string_view);

struct Route {
  const ApiOperation* operation;
  JsonFunction run;
  ErrorMapping to_error;
  ApiCost cost = ApiCost::kLarge;
};

HttpResponse AnswerTo(const Route& route, const ApiServices& services,
                      HttpRequest& request, absl::Time deadline) {
  const auto read =
      ReadApiRequest(*route.operation->input, request.body, request.lease);
  if (const auto* error = std::get_if<AwsError>(&read)) {
    return ErrorResponse(*error);
  }
  const std::string_view name = route.operation->name;
  const absl::Status allowed =
      Authorize(request.principal, AccessOf(name), name);
  if (!allowed.ok()) return ErrorResponse(ToAwsError(allowed, request.id));
  AnswerLease lease(request, services.calls, deadline);
  absl::StatusOr<std::string> body =
      route.run(services.spaces.Of(request.principal), std::get<ApiValue>(read),
                lease.call());
  if (!body.ok()) {
    return ErrorResponse(route.to_error(body.status(), request.id));
  }
  HttpResponse response;
  response.body = *std::move(body);
  lease.MoveTo(response);
  return response;
}

void Add(HttpRouter& router, const ApiServices& services, Route parts) {
  const auto route = std::make_shared<const Route>(std::move(parts));
  // The deadline counts the wait for a worker, too.
  WorkerPool& workers =
      route->cost == ApiCost::kSmall ? services.SmallCalls() : services.workers;
  HttpHandler handler = OnWorker(workers, [services, route]() -> Answer {
    return [route, services,
            deadline = services.ReadDeadline()](HttpRequest& request) {
      return AnswerTo(*route, services, request, deadline);
    };
  });
  router.Add(
      {.method = "POST",
       .path = std::string(route->operation->path),
       .operation = std::string(route->operation->name),
       .handler = std::move(handler),
       .access = AccessBeforeBody(route->operation->name),
       .administers = AccessOf(route->operation->name) == Access::kAdminister});
}

}  // namespace

Access AccessBeforeBody(std::string_view operation) {
  // Unsigned sampling calls come from nobody known.
  return AccessOf(operation) == Access::kSampling ? Access::kSampling
                                                  : Access::kKnown;
}

void AddApiRoutes(HttpRouter& router, const ApiServices& services) {
  for (const auto& [name, entry] : XrayFunctions().entries()) {
    JsonFunction run = [function = entry.run](
                           Space& space, const ApiValue& request,
                           const Call& call) -> absl::StatusOr<std::string> {
      RTG_ASSIGN_OR_RETURN(const ApiValue answer,
                           function(space, request, call));
      std::string body;
      AppendJson(answer, body);
      return body;
    };
    Add(router, services,
        {.operation = entry.operation,
         .run = std::move(run),
         .to_error = static_cast<ErrorMapping>(ToAwsError),
         .cost = entry.cost});
  }
}

void AddApiRoute(HttpRouter& router, const ApiServices& services,
                 std::string_view operation, JsonFunction run) {
  Add(router, services,
      {.operation = FindApiOperation(operation),
       .run = std::move(run),
       .to_error = ToAwsReadError});
}

}  // namespace roentgen::server
