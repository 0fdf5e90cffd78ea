// What OpenSSL says went wrong.
//
// Threads: of the calling thread.
#ifndef ROENTGEN_SERVER_TLS_OPENSSL_ERROR_H_
#define ROENTGEN_SERVER_TLS_OPENSSL_ERROR_H_

#include <openssl/err.h>

#include <string>

namespace roentgen::server {

// The reason of the first error, in OpenSSL's words; forgets all of them.
inline std::string TakeOpenSslError() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "unknown error";
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_OPENSSL_ERROR_H_
