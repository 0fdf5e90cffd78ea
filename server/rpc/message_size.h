// How large the messages of one service may be.
//
// gRPC knows one limit per server: that of the service with the largest
// messages. The others refuse what is above their own themselves.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_RPC_MESSAGE_SIZE_H_
#define ROENTGEN_SERVER_RPC_MESSAGE_SIZE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "server/aws_status.h"

namespace roentgen::server {

// RESOURCE_EXHAUSTED without a RetryInfo, as gRPC itself would: the same
// message is too large the next time, too.
inline absl::Status CheckMessageSize(size_t bytes, size_t bytes_max) {
  if (bytes <= bytes_max) return absl::OkStatus();
  return AwsStatus({.http_status = 413,
                    .name = "RequestEntityTooLargeException",
                    .message = "Received message larger than max (" +
                               std::to_string(bytes) + " vs. " +
                               std::to_string(bytes_max) + ")"});
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_MESSAGE_SIZE_H_
