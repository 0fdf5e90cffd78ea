// A TLS server on a free port of 127.0.0.1 that takes one request at a time
// and answers 200. Its certificate is made anew, signed by itself.
#ifndef ROENTGEN_TESTS_SERVER_INSIGHTS_TLS_RECEIVER_H_
#define ROENTGEN_TESTS_SERVER_INSIGHTS_TLS_RECEIVER_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

namespace roentgen::server {

class TlsReceiver {
 public:
  // Writes the certificate to `pem_path`; it is valid for `names`, such as
  // "DNS:localhost,IP:127.0.0.1".
  TlsReceiver(const std::string& names, const std::string& pem_path);
  ~TlsReceiver();
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  uint16_t port() const { return port_; }
  // Takes connections until one brings a request, which is returned; empty
  // after one whose handshake fails.
  std::string TakeOne();

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  int listener_ = -1;
  uint16_t port_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_INSIGHTS_TLS_RECEIVER_H_
