// What a listener shows and asks for in TLS handshakes: certificate, key,
// authorities, versions, ciphers; read from files and checked as a whole.
//
//   RTG_ASSIGN_OR_RETURN(TlsContext made, TlsContext::Load(settings, now));
//
// Errors name the file and what is wrong with it; never a part of a key.
//
// Threads: immutable; Load reads files.
#ifndef ROENTGEN_SERVER_TLS_TLS_CONTEXT_H_
#define ROENTGEN_SERVER_TLS_TLS_CONTEXT_H_

#include <openssl/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace roentgen::server {

enum class ClientCertificates {
  kOff,
  kAsked,    // Who shows one must show a good one.
  kRequired  // Who shows none does not come in.
};

enum class TlsVersion { kTls12, kTls13 };

// What is spoken inside, and so offered by ALPN.
enum class TlsApplication {
  kHttp,  // "http/1.1"; also to clients that do not say what they speak.
  kGrpc   // "h2"; RFC 9113 asks clients to say so, and others are refused.
};

struct TlsSettings {
  std::string certificate;         // PEM: the server's, then its issuers'.
  std::string key;                 // PEM, not encrypted.
  std::string client_authorities;  // PEM; empty: none.
  ClientCertificates client_certificates = ClientCertificates::kOff;
  TlsVersion min_version = TlsVersion::kTls12;
  std::string ciphers;  // OpenSSL's names; empty: safe ones.
  TlsApplication application = TlsApplication::kHttp;
};

class TlsContext {
 public:
  // InvalidArgument or NotFound: the pair cannot be used.
  static absl::StatusOr<TlsContext> Load(const TlsSettings& settings,
                                         absl::Time now);

  SSL_CTX* get() const { return context_.get(); }
  // When the first certificate of the chain ends.
  absl::Time expires() const { return expires_; }

 private:
  TlsContext() = default;

  std::shared_ptr<SSL_CTX> context_;
  absl::Time expires_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_TLS_CONTEXT_H_
