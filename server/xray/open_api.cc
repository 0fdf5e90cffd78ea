#include "server/xray/open_api.h"

#include <memory>

#include "server/http/http_message.h"
#include "server/http/static_file.h"
#include "server/xray/model/open_api.h"

namespace roentgen::server {

void AddOpenApiRoute(HttpRouter& router) {
  // What is made of a plain file cannot fail.
  static const std::shared_ptr<const StaticFile> kFile =
      *StaticFile::Make({.content_type = "application/json",
                         .plain = SharedBytes(OpenApiJson())});
  router.Add(
      {.method = "GET",
       .path = "/openapi.json",
       .operation = "openapi",
       .handler = [](const HttpRequest& request, const HttpResponder& respond) {
         respond.Send(kFile->Answer(request));
       }});
}

}  // namespace roentgen::server
