// What every call of the gRPC server works with.
#ifndef ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
#define ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_

#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/caller.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/rpc/stream_registry.h"
#include "server/rpc/write_watch.h"

namespace roentgen::server {

class AuditLog;

// What the machine gives to the calls of every API. Everything in it outlives
// every call.
struct CallContext {
  const Authenticator* authenticator;  // Null: everybody may do everything.
  // What a method of the API needs, by its name without the service.
  Access (*access_of)(std::string_view method);
  PoolShare& reads;
  // For calls that read no trace: searches do not hold them up.
  PoolShare& small_calls;
  StreamRegistry& streams;
  // Ends calls whose client does not take what is written.
  WriteWatch& writes;
  // Requests that are being worked on.
  std::shared_ptr<MemoryBudget> memory;
  // Answers that were not taken yet.
  std::shared_ptr<MemoryBudget> answers;
  // What each call may take.
  CallLimits calls;
  // For a read, or the next step of one that streams.
  absl::Duration read_timeout;
  // For what is put to begin its commit.
  absl::Duration put_timeout;
  // Who administers, and who is turned away; null: nobody wants to know.
  AuditLog* audit = nullptr;
  std::string space = {};  // The listener's; for those lines.
};

// What a call shows of itself: "Bearer id:secret"; empty: nothing.
std::string_view AuthorizationOf(const grpc::CallbackServerContext& call);

// Whose share of what callers share a call takes: that of its key, where keys
// are checked, else that of its address. After Guarded has let it in.
CallerId CallerOfCall(const CallContext& context,
                      const grpc::CallbackServerContext& call);

inline absl::Time DeadlineOf(const grpc::CallbackServerContext& call) {
  const std::chrono::system_clock::time_point deadline = call.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(deadline);
}

// A read for the call, or the next step of one; `cancelled` says that its
// client went away (a reactor's OnCancel).
inline Call ReadFor(const CallContext& context,
                    const grpc::CallbackServerContext& call,
                    const std::stop_source& cancelled,
                    Call::Room answer_room = {}) {
  const absl::Time latest =
      context.calls.clock->Now().ToTime() + context.read_timeout;
  return context.calls.Until(std::min(latest, DeadlineOf(call)),
                             cancelled.get_token(), std::move(answer_room));
}

// Until when the client waits, and how long the server lets it.
inline absl::Time PutDeadline(const CallContext& context,
                              const grpc::CallbackServerContext& call) {
  return std::min(context.calls.clock->Now().ToTime() + context.put_timeout,
                  DeadlineOf(call));
}

inline absl::Status TooManyRequestBytes(const CallContext& context) {
  return absl::ResourceExhaustedError(
      "requests in flight use all of their " +
      std::to_string(context.memory->bytes_max()) +
      " bytes (memory.request_buffers), or this caller's share");
}
inline absl::Status TooManyAnswerBytes(const CallContext& context) {
  return absl::ResourceExhaustedError(
      "answers in flight use all of their " +
      std::to_string(context.answers->bytes_max()) +
      " bytes (memory.answers), or this caller's share");
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
