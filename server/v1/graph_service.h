// roentgen.v1.GraphService: which function serves which call.
#ifndef ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_
#define ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/v1/v1_context.h"

namespace roentgen::server {

// `context` outlives the service.
std::unique_ptr<grpc::Service> NewGraphService(const V1Context& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_
