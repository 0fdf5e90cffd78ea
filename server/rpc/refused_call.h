// A call that ends before it began, of any kind: the reactor is a parameter.
//
//   return RefusedCall<grpc::ServerUnaryReactor>::Start(status);
//
// Threads: gRPC's; owns itself until the call has ended.
#ifndef ROENTGEN_SERVER_RPC_REFUSED_CALL_H_
#define ROENTGEN_SERVER_RPC_REFUSED_CALL_H_

#include <memory>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/grpc_status.h"

namespace roentgen::server {

template <typename Reactor>
class RefusedCall : public Reactor {
 public:
  // Ends the call with `status`.
  static RefusedCall* Start(const absl::Status& status) {
    auto call = std::make_shared<RefusedCall>();
    call->self_ = call;
    call->Finish(ToGrpcStatus(status));
    return call.get();
  }

  void OnDone() override { self_.reset(); }

 private:
  std::shared_ptr<RefusedCall> self_;  // Until OnDone.
};

template <typename Message>
using RefusedStream = RefusedCall<grpc::ServerWriteReactor<Message>>;

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_REFUSED_CALL_H_
