// Whether the caller of a gRPC method may call it. Every method, but for health
// and reflection, starts through it:
//
//   return Guarded(context_, call, "GetTraceFigures", [&] {
//     return StartGetTraceFigures(context_, call, request, response);
//   });
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

#include "absl/status/status.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/rpc/call_context.h"
#include "server/rpc/refused_call.h"

namespace roentgen::server {

// What a method needs, by its name without the service.
Access AccessOfMethod(std::string_view method);

// Errors: those of server/auth. `authenticator` may be null: all may do all.
absl::Status AuthorizeCall(const Authenticator* authenticator,
                           const grpc::CallbackServerContext& call,
                           std::string_view method);

// What `start` returns, or a reactor that refuses the call.
template <typename Start>
std::invoke_result_t<Start> Guarded(const CallContext& context,
                                    const grpc::CallbackServerContext* call,
                                    std::string_view method, Start start) {
  using Reactor = std::remove_pointer_t<std::invoke_result_t<Start>>;
  const absl::Status allowed =
      AuthorizeCall(context.authenticator, *call, method);
  if (allowed.ok()) return start();
  return RefusedCall<Reactor>::Start(allowed);
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_GUARD_H_
