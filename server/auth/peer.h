// Who is at the other end of a connection, as far as the connection itself
// tells.
//
// Threads: plain values.
#ifndef ROENTGEN_SERVER_AUTH_PEER_H_
#define ROENTGEN_SERVER_AUTH_PEER_H_

#include <memory>
#include <string>
#include <vector>

namespace roentgen::server {

// A certificate that its owner has shown and proved, and that an authority of
// the listener has signed.
struct ClientCertificate {
  // By which an access key may know it, the surest first: "sha256:" and 64
  // digits, of the public key (SubjectPublicKeyInfo, DER); "uri:..." and
  // "dns:..." for its alternative names, the latter in lower case.
  std::vector<std::string> names;
};

struct Peer {
  // Without port: "127.0.0.1", "2001:db8::1"; "unix:1000" is user 1000 of this
  // machine, "unix" one that is not known. Empty: it has gone.
  std::string address;
  bool is_local = false;  // On this machine.
  // Null: it has shown none.
  std::shared_ptr<const ClientCertificate> certificate = nullptr;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_PEER_H_
