// roentgen.v1.GroupService: groups, on the read pool: a change waits for the
// disk.
#ifndef ROENTGEN_SERVER_V1_GROUP_SERVICE_H_
#define ROENTGEN_SERVER_V1_GROUP_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/v1/v1_context.h"

namespace roentgen::server {

// `context` outlives the service.
std::unique_ptr<grpc::Service> NewGroupService(const V1Context& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GROUP_SERVICE_H_
