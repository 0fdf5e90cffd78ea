#include "server/rpc/call_guard.h"

#include "base/status_macros.h"

namespace roentgen::server {

absl::StatusOr<Principal> AuthorizeCall(const Authenticator* authenticator,
                                        const grpc::CallbackServerContext& call,
                                        Access access,
                                        std::string_view method) {
  if (authenticator == nullptr) return Principal();
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find("authorization");
  const std::string_view authorization =
      found == metadata.end()
          ? std::string_view()
          : std::string_view(found->second.data(), found->second.size());
  RTG_ASSIGN_OR_RETURN(Principal caller, authenticator->Bearer(authorization));
  RTG_RETURN_IF_ERROR(Authorize(caller, access, method));
  return caller;
}

}  // namespace roentgen::server
