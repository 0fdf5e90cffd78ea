// Whether the caller of a gRPC method may call it. Every method, but for health
// and reflection, starts through it:
//
//   return Guarded(context_, call, "GetTraceFigures",
//                  [&](const Principal& caller) { return Start(caller, ...);
//                  });
//
// Credentials are in the call's metadata: "authorization: Bearer id:secret".
// gRPC's interceptors cannot do this: they see a call, but cannot end it with a
// status before its method runs.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_CALL_GUARD_H_
#define ROENTGEN_SERVER_RPC_CALL_GUARD_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/rpc/call_context.h"
#include "server/rpc/refused_call.h"

namespace roentgen::server {

// Who calls. `authenticator` may be null: all may do all. Errors: those of
// server/auth.
absl::StatusOr<Principal> AuthorizeCall(const Authenticator* authenticator,
                                        const grpc::CallbackServerContext& call,
                                        Access access, std::string_view method);

// A line of the audit log for a call that is turned away.
void NoteRefused(const CallContext& context,
                 const grpc::CallbackServerContext& call,
                 std::string_view method, const absl::Status& why);

// What `start` returns, or a reactor that refuses the call.
template <typename Start>
std::invoke_result_t<Start, const Principal&> Guarded(
    const CallContext& context, const grpc::CallbackServerContext* call,
    std::string_view method, Start start) {
  using Reactor =
      std::remove_pointer_t<std::invoke_result_t<Start, const Principal&>>;
  const absl::StatusOr<Principal> caller = AuthorizeCall(
      context.authenticator, *call, context.access_of(method), method);
  if (caller.ok()) return start(*caller);
  NoteRefused(context, *call, method, caller.status());
  return RefusedCall<Reactor>::Start(caller.status());
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_GUARD_H_
