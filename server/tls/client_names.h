// By which names access keys may know a certificate.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_TLS_CLIENT_NAMES_H_
#define ROENTGEN_SERVER_TLS_CLIENT_NAMES_H_

#include <openssl/types.h>

#include <memory>

#include "server/auth/peer.h"

namespace roentgen::server {

// That its owner has proved is for the caller to know.
std::shared_ptr<const ClientCertificate> NamesOf(X509* certificate);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_CLIENT_NAMES_H_
