// A stream that ends before it began.
//
// Threads: gRPC's; owns itself until the call has ended.
#ifndef ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_
#define ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/grpc_status.h"

namespace roentgen::server {

template <typename Message>
class RefusedStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    this->Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }  // NOLINT: owns itself.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_
