// Owners of what OpenSSL makes.
#ifndef ROENTGEN_SERVER_TLS_OPENSSL_PTR_H_
#define ROENTGEN_SERVER_TLS_OPENSSL_PTR_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace roentgen::server {

template <auto kFree>
struct OpenSslFree {
  template <typename T>
  void operator()(T* t) const {
    kFree(t);
  }
};
using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, OpenSslFree<X509_free>>;

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_OPENSSL_PTR_H_
