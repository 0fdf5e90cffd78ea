// How a failure looks to a gRPC client: one table.
//
// The trailer "grpc-status-details-bin" carries a google.rpc.Status with an
// ErrorInfo (reason: the X-Ray error name, domain "xray.roentgen", metadata
// resource_name where the failure is about one) and, where trying again later
// makes sense, a RetryInfo.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_RPC_GRPC_STATUS_H_
#define ROENTGEN_SERVER_RPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace roentgen::server {

// The text of a failure inside the server is logged and not sent.
grpc::Status ToGrpcStatus(const absl::Status& status);

// Of a status that is not OK.
grpc::StatusCode GrpcCodeOf(const absl::Status& status);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_GRPC_STATUS_H_
