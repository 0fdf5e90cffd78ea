#include "server/app/http_apis.h"

#include <algorithm>

#include "server/admin/purge_handler.h"
#include "server/jaeger/jaeger_handlers.h"
#include "server/otlp/otlp_handlers.h"
#include "server/xray/api_routes.h"
#include "server/xray/graph_handlers.h"
#include "server/xray/open_api.h"
#include "server/xray/xray_handlers.h"
#include "server/zipkin/zipkin_handlers.h"

namespace roentgen::server {
namespace {

void AddApi(Api api, HttpRouter& router, const HttpApiParts& parts) {
  switch (api) {
    case Api::kXray:
      AddXrayRoutes(router, parts.services);
      AddGraphRoutes(router, parts.services);
      AddApiRoutes(router, parts.services);
      return;
    case Api::kOtlp:
      return AddOtlpRoutes(router, parts.services, parts.otlp_request_limit);
    case Api::kJaeger:
      return AddJaegerRoutes(router, parts.services);
    case Api::kZipkin:
      return AddZipkinRoutes(router, parts.services);
    case Api::kAdmin:
      return AddAdminRoutes(router, parts.admin);
    case Api::kPurge:
      return AddPurgeRoute(router, parts.services);
    case Api::kV1:  // Over gRPC only.
      return;
  }
}

}  // namespace

std::shared_ptr<const HttpRouter> RoutesOf(const std::vector<Api>& apis,
                                           const HttpApiParts& parts) {
  auto router = std::make_shared<HttpRouter>();
  for (const Api api : apis) AddApi(api, *router, parts);
  // It describes X-Ray's API to whoever looks there or beside the metrics.
  const bool has_description = std::any_of(
      apis.begin(), apis.end(),
      [](Api api) { return api == Api::kXray || api == Api::kAdmin; });
  if (has_description) AddOpenApiRoute(*router);
  return router;
}

}  // namespace roentgen::server
