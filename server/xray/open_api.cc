#include "server/xray/open_api.h"

#include <string>
#include <utility>

#include "server/xray/model/open_api.h"

namespace roentgen::server {

void AddOpenApiRoute(HttpRouter& router) {
  router.Add({.method = "GET",
              .path = "/openapi.json",
              .operation = "openapi",
              .handler = [](const HttpRequest&, const HttpResponder& respond) {
                static const std::string kText = OpenApiJson();
                HttpResponse response;
                response.body = kText;
                respond.Send(std::move(response));
              }});
}

}  // namespace roentgen::server
