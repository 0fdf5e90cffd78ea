#include "server/rpc/call_guard.h"

#include "base/status_macros.h"
#include "server/rpc/call_context.h"
#include "server/rpc/peer_address.h"

namespace roentgen::server {

absl::StatusOr<Principal> AuthorizeCall(const Authenticator* authenticator,
                                        const grpc::CallbackServerContext& call,
                                        Access access,
                                        std::string_view method) {
  if (authenticator == nullptr) return Principal();
  RTG_ASSIGN_OR_RETURN(
      Principal caller,
      authenticator->BearerFrom(PeerOf(call), AuthorizationOf(call)));
  RTG_RETURN_IF_ERROR(Authorize(caller, access, method));
  return caller;
}

}  // namespace roentgen::server
