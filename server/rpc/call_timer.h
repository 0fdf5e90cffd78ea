// Tells how long each gRPC call took and how it ended.
//
// Threads: the observer is called from gRPC's threads.
#ifndef ROENTGEN_SERVER_RPC_CALL_TIMER_H_
#define ROENTGEN_SERVER_RPC_CALL_TIMER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace grpc::experimental {
class ServerInterceptorFactoryInterface;
}  // namespace grpc::experimental

namespace roentgen::server {

struct GrpcExchange {
  std::string method;       // Without the service: "PutTraceSegments".
  int code = 0;             // grpc::StatusCode.
  absl::Duration duration;  // To the status; whole streams count as one call.
};

using GrpcObserver = std::function<void(const GrpcExchange&)>;

// For ServerBuilder; `observer` may not be empty.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakeCallTimer(GrpcObserver observer);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_TIMER_H_
