#include "server/app/grpc_apis.h"

#include "server/jaeger/jaeger_services.h"
#include "server/otlp/otlp_service.h"
#include "server/v1/v1_services.h"

namespace roentgen::server {
namespace {

void AddApi(GrpcServer& server, Api api, const GrpcApiParts& parts) {
  switch (api) {
    case Api::kV1:
      return AddV1Services(server,
                           {.spaces = parts.spaces,
                            .message_bytes_max = parts.message_bytes_max,
                            .tails = parts.tails});
    case Api::kOtlp:
      return AddOtlpService(server, parts.spaces, parts.otlp_request_bytes_max);
    case Api::kJaeger:
      return AddJaegerServices(server,
                               {.spaces = parts.spaces,
                                .message_bytes_max = parts.message_bytes_max});
    case Api::kXray:  // The others over HTTP only.
    case Api::kZipkin:
    case Api::kAdmin:
    case Api::kPurge:
      return;
  }
}

}  // namespace

void AddServices(GrpcServer& server, const std::vector<Api>& apis,
                 const GrpcApiParts& parts) {
  for (const Api api : apis) AddApi(server, api, parts);
}

}  // namespace roentgen::server
