// The whole check of the store over gRPC (check_service.proto).
//
// Threads: gRPC's; the work runs on the read pool.
#ifndef ROENTGEN_SERVER_V1_CHECK_SERVICE_H_
#define ROENTGEN_SERVER_V1_CHECK_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/v1/v1_context.h"

namespace roentgen::server {

// `context` outlives the service.
std::unique_ptr<grpc::Service> NewCheckService(const V1Context& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_CHECK_SERVICE_H_
