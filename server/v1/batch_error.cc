#include "server/v1/batch_error.h"

#include "absl/time/time.h"
#include "server/rpc/grpc_status.h"
#include "server/status_mapping.h"
#include "server/v1/proto_convert.h"

namespace roentgen::server {

v1::BatchError ToBatchError(const absl::Status& status) {
  const AwsError aws = ToAwsError(status);
  v1::BatchError error;
  error.set_code(GrpcCodeOf(status));
  error.set_message(aws.message);
  error.set_reason(aws.name);
  if (aws.retry_after) {
    ToProto(*aws.retry_after, error.mutable_retry_delay());
  }
  return error;
}

}  // namespace roentgen::server
