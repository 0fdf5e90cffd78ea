// A stream that ends before it began.
//
// Threads: gRPC's; owns itself until the call has ended.
#ifndef ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_
#define ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_

#include <memory>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/grpc_status.h"

namespace roentgen::server {

template <typename Message>
class RefusedStream : public grpc::ServerWriteReactor<Message> {
 public:
  // Ends the call with `status`.
  static RefusedStream* Start(const absl::Status& status) {
    auto stream = std::make_shared<RefusedStream>();
    stream->self_ = stream;
    stream->Finish(ToGrpcStatus(status));
    return stream.get();
  }

  void OnDone() override { self_.reset(); }

 private:
  std::shared_ptr<RefusedStream> self_;  // Until OnDone.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_REFUSED_STREAM_H_
