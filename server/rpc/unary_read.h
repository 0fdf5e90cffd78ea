// Calls with one answer whose work runs on the read pool.
//
// Threads: gRPC's and the pool's; a call owns itself until it has ended.
#ifndef ROENTGEN_SERVER_RPC_UNARY_READ_H_
#define ROENTGEN_SERVER_RPC_UNARY_READ_H_

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_context.h"

namespace roentgen::server {

// What a call gets that the pool has no room for.
absl::Status PoolIsFull();

// Fills the response and says how large it is. The memory that the answer may
// take is that of `read`: work that grows large asks as it does.
using UnaryWork = std::function<absl::StatusOr<size_t>(const Call& read)>;

grpc::ServerUnaryReactor* StartUnaryRead(const CallContext& context,
                                         grpc::CallbackServerContext* call,
                                         UnaryWork work);
// The same for a call that reads no trace.
grpc::ServerUnaryReactor* StartSmallCall(const CallContext& context,
                                         grpc::CallbackServerContext* call,
                                         UnaryWork work);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_UNARY_READ_H_
