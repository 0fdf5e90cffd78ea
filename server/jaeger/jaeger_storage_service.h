// jaeger.storage.v2: what Jaeger asks of a backend, but for writing, which is
// OTLP's TraceService.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/jaeger/jaeger_context.h"

namespace roentgen::server {

// `context` outlives the services.
std::unique_ptr<grpc::Service> NewJaegerTraceReader(
    const JaegerContext& context);
std::unique_ptr<grpc::Service> NewJaegerDependencyReader(
    const JaegerContext& context);
std::unique_ptr<grpc::Service> NewJaegerCapabilities(
    const JaegerContext& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_
