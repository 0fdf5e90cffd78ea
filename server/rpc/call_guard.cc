#include "server/rpc/call_guard.h"

#include "base/status_macros.h"
#include "server/auth/authorization_header.h"
#include "server/rpc/call_audit.h"
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

void NoteRefused(const CallContext& context,
                 const grpc::CallbackServerContext& call,
                 std::string_view method, const absl::Status& why) {
  // As it calls itself: nobody has checked that.
  const Principal shown{.key_id = std::string(KeyIdIn(AuthorizationOf(call)))};
  NoteCall(context, call, method, shown, nullptr, why);
}

}  // namespace roentgen::server
