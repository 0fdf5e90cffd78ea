// jaeger.api_v3.QueryService: what Jaeger's own query service answers.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/jaeger/jaeger_context.h"

namespace roentgen::server {

// `context` outlives the service.
std::unique_ptr<grpc::Service> NewJaegerQueryService(
    const JaegerContext& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_
