// A small private authority, for trying TLS out: it makes certificates for
// servers and their clients.
//
//   RTG_ASSIGN_OR_RETURN(auto own, CertificateMaker::New(now));
//   RTG_ASSIGN_OR_RETURN(PemPair pair, own.ForServer({"localhost"}, now));
//
// Keys are on the curve P-256. Errors: InvalidArgument names what it was given;
// Internal is OpenSSL's.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_SERVER_TLS_CERTIFICATE_MAKER_H_
#define ROENTGEN_SERVER_TLS_CERTIFICATE_MAKER_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace roentgen::server {

struct PemPair {
  std::string certificate;
  std::string key;  // Whoever has it is who the certificate says.
};

class CertificateMaker {
 public:
  static constexpr absl::Duration kAuthorityAge = absl::Hours(24 * 3650);
  // As long as browsers take.
  static constexpr absl::Duration kCertificateAge = absl::Hours(24 * 397);

  // A new authority.
  static absl::StatusOr<CertificateMaker> New(absl::Time now);
  // One that was made before.
  static absl::StatusOr<CertificateMaker> Of(const PemPair& authority);

  // For names ("traces.example", "*.example") and addresses ("127.0.0.1",
  // "::1") by which clients call the server.
  absl::StatusOr<PemPair> ForServer(const std::vector<std::string>& hosts,
                                    absl::Time now,
                                    absl::Duration age = kCertificateAge) const;
  // For a client, whose alternative name it is: a DNS name, or a URI.
  absl::StatusOr<PemPair> ForClient(const std::string& name, absl::Time now,
                                    absl::Duration age = kCertificateAge) const;

  const PemPair& authority() const { return authority_; }

 private:
  CertificateMaker() = default;

  PemPair authority_;
  std::shared_ptr<X509> certificate_;
  std::shared_ptr<EVP_PKEY> key_;
};

// "sha256:" and the digits of a certificate's public key, as keys.yaml names
// it. InvalidArgument: no certificate in PEM.
absl::StatusOr<std::string> KeyDigestName(const std::string& certificate);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_CERTIFICATE_MAKER_H_
