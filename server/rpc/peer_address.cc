#include "server/rpc/peer_address.h"

#include <charconv>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"

namespace roentgen::server {
namespace {

// Descriptors are numbers of the process, and so is this table.
class NotedPeers {
 public:
  void Note(int descriptor, Peer peer) {
    MutexLock lock(mu_);
    by_descriptor_[descriptor] = std::move(peer);
  }
  Peer Of(int descriptor) const {
    MutexLock lock(mu_);
    const auto found = by_descriptor_.find(descriptor);
    return found == by_descriptor_.end() ? Peer() : found->second;
  }

 private:
  mutable Mutex mu_;
  std::unordered_map<int, Peer> by_descriptor_ RTG_GUARDED_BY(mu_);
};

NotedPeers& Peers() {
  static NotedPeers peers;
  return peers;
}

// What follows `prefix`, when the text starts with it.
bool Consume(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "%5B::1%5D:4711" without brackets and port: the library writes brackets, and
// the sign before a zone, as in a URI.
std::string WithoutPort(std::string_view host_and_port) {
  std::string_view rest =
      host_and_port.substr(0, host_and_port.find_last_of(':'));
  std::string host;
  while (!rest.empty()) {
    if (Consume(rest, "%5B") || Consume(rest, "%5D") || Consume(rest, "[") ||
        Consume(rest, "]")) {
      continue;
    }
    host += rest.front();
    if (!Consume(rest, "%25")) rest.remove_prefix(1);
  }
  // As a socket for both protocols sees 127.0.0.1.
  constexpr std::string_view kMapped = "::ffff:";
  const bool is_mapped =
      host.starts_with(kMapped) && host.find('.') != std::string::npos;
  return is_mapped ? host.substr(kMapped.size()) : host;
}

}  // namespace

Peer PeerNamed(std::string_view grpc_peer) {
  if (Consume(grpc_peer, "fd:")) {
    int descriptor = -1;
    std::from_chars(grpc_peer.data(), grpc_peer.data() + grpc_peer.size(),
                    descriptor);
    return Peers().Of(descriptor);
  }
  if (grpc_peer.starts_with("unix")) {
    return {.address = "unix", .is_local = true};
  }
  if (Consume(grpc_peer, "ipv4:") || Consume(grpc_peer, "ipv6:")) {
    return {.address = WithoutPort(grpc_peer)};
  }
  return {};
}

Peer PeerOf(const grpc::CallbackServerContext& call) {
  return PeerNamed(call.peer());
}

void NotePeer(int descriptor, Peer peer) {
  Peers().Note(descriptor, std::move(peer));
}

}  // namespace roentgen::server
