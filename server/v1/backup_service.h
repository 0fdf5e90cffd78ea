// roentgen.v1.BackupService.
#ifndef ROENTGEN_SERVER_V1_BACKUP_SERVICE_H_
#define ROENTGEN_SERVER_V1_BACKUP_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "server/v1/v1_context.h"

namespace roentgen::server {

// `context` outlives the service.
std::unique_ptr<grpc::Service> NewBackupService(const V1Context& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_BACKUP_SERVICE_H_
