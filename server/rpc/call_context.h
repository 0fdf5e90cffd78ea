// What every call of the gRPC server works with.
#ifndef ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
#define ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_

#include <grpcpp/server_context.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/rpc/stream_registry.h"

namespace roentgen::server {

// What the machine gives to the calls of every API. Everything in it outlives
// every call.
struct CallContext {
  const Authenticator* authenticator;  // Null: everybody may do everything.
  // What a method of the API needs, by its name without the service.
  Access (*access_of)(std::string_view method);
  PoolShare& reads;
  StreamRegistry& streams;
  // Requests and answers that are being worked on.
  std::shared_ptr<MemoryBudget> memory;
  // What each call may take.
  CallLimits calls;
};

inline absl::Time DeadlineOf(const grpc::CallbackServerContext& call) {
  const std::chrono::system_clock::time_point deadline = call.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(deadline);
}

// A read for the call; `cancelled` says that its client went away (a reactor's
// OnCancel).
inline Call ReadFor(const CallContext& context,
                    const grpc::CallbackServerContext& call,
                    const std::stop_source& cancelled,
                    Call::Room answer_room = {}) {
  return context.calls.Until(DeadlineOf(call), cancelled.get_token(),
                             std::move(answer_room));
}

inline absl::Status TooManyBytesInFlight(const CallContext& context) {
  return absl::ResourceExhaustedError(
      "requests and answers in flight use all of their " +
      std::to_string(context.memory->bytes_max()) + " bytes");
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
