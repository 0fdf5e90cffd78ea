// What went wrong with one batch of a stream that stays open.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_BATCH_ERROR_H_
#define ROENTGEN_SERVER_V1_BATCH_ERROR_H_

#include "absl/status/status.h"
#include "roentgen/v1/trace_service.pb.h"

namespace roentgen::server {

// The facts of ToGrpcStatus. `status` is not OK.
v1::BatchError ToBatchError(const absl::Status& status);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_BATCH_ERROR_H_
