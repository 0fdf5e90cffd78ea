// Whose connection a call came by: whom callers without a key are told apart
// by, and who has shown a certificate.
//
//   const CallerId caller = CallerOfAddress(PeerOf(*call).address);
//
// The library knows a connection that was handed to it by its descriptor only:
// who hands it over notes whose it is.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_
#define ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_

#include <grpcpp/server_context.h>

#include <string_view>

#include "server/auth/peer.h"

namespace roentgen::server {

Peer PeerOf(const grpc::CallbackServerContext& call);

// The same of what the library calls the peer: "ipv4:127.0.0.1:4711",
// "ipv6:%5B::1%5D:4711", "unix:/run/x", "fd:17".
Peer PeerNamed(std::string_view grpc_peer);

// Connection `descriptor`, which the library is about to get, is from `peer`.
// Holds until the number is noted again: calls may ask after their connection
// has ended.
void NotePeer(int descriptor, Peer peer);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_
