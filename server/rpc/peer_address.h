// The address that a call came from, without its port: whom callers without a
// key are told apart by.
//
//   const CallerId caller = CallerOf(PeerOf(*call));
//
// The library knows a connection that was handed to it by its descriptor only:
// who hands it over notes whose it is.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_
#define ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

namespace roentgen::server {

// "127.0.0.1", "2001:db8::1", or "unix" for every socket of this machine that
// has no address. Empty: not known.
std::string PeerOf(const grpc::CallbackServerContext& call);

// The same of what the library calls the peer: "ipv4:127.0.0.1:4711",
// "ipv6:%5B::1%5D:4711", "unix:/run/x", "fd:17".
std::string PeerAddressOf(std::string_view grpc_peer);

// Connection `descriptor`, which the library is about to get, is from
// `address`. Holds until the number is noted again: calls may ask after their
// connection has ended.
void NotePeer(int descriptor, std::string address);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_PEER_ADDRESS_H_
