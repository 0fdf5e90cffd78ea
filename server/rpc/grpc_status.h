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
#include "roentgen/v1/trace_service.pb.h"

namespace roentgen::server {

// The text of a failure inside the server is logged and not sent.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The same facts for one batch of a stream that stays open. `status` is not
// OK.
v1::BatchError ToBatchError(const absl::Status& status);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_GRPC_STATUS_H_
