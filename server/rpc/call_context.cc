#include "server/rpc/call_context.h"

#include "base/address_caller.h"
#include "server/auth/authorization_header.h"
#include "server/rpc/peer_address.h"

namespace roentgen::server {

std::string_view AuthorizationOf(const grpc::CallbackServerContext& call) {
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

CallerId CallerOfCall(const CallContext& context,
                      const grpc::CallbackServerContext& call) {
  const Peer peer = PeerOf(call);
  if (context.authenticator != nullptr &&
      context.authenticator->mode() == AuthMode::kVerify) {
    // It was checked when the call was let in.
    const std::string_view key = KeyIdIn(AuthorizationOf(call));
    if (!key.empty()) return CallerOf(key);
    const std::string shown = context.authenticator->KeyIdOf(peer);
    if (!shown.empty()) return CallerOf(shown);
  }
  return CallerOfAddress(peer.address);
}

}  // namespace roentgen::server
