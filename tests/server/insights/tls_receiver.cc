#include "tests/server/insights/tls_receiver.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace roentgen::server {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "TlsReceiver: %s\n", what);
  std::abort();
}

Certificate MakeCertificate(EVP_PKEY* key, const std::string& names) {
  Certificate made(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  X509_NAME* name = X509_get_subject_name(made.get());
  const auto* text = reinterpret_cast<const unsigned char*>("test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(
      nullptr, nullptr, NID_subject_alt_name, names.c_str());
  Check(extension != nullptr, "names");
  X509_add_ext(made.get(), extension, -1);
  X509_EXTENSION_free(extension);
  Check(X509_sign(made.get(), key, EVP_sha256()) > 0, "signature");
  return made;
}

}  // namespace

TlsReceiver::TlsReceiver(const std::string& names, const std::string& pem_path)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate = MakeCertificate(key.get(), names);
  std::FILE* file = std::fopen(pem_path.c_str(), "w");
  Check(file != nullptr && PEM_write_X509(file, certificate.get()) == 1, "pem");
  std::fclose(file);
  SSL_CTX_use_certificate(context_.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), key.get());
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  Check(bind(listener_, generic, size) == 0 && listen(listener_, 5) == 0 &&
            getsockname(listener_, generic, &size) == 0,
        "listen");
  port_ = ntohs(address.sin_port);
}

TlsReceiver::~TlsReceiver() { close(listener_); }

std::string TlsReceiver::TakeOne() {
  const int connection = accept(listener_, nullptr, nullptr);
  const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context_.get()),
                                                 SSL_free);
  SSL_set_fd(tls.get(), connection);
  std::string got;
  if (SSL_accept(tls.get()) == 1) {
    char buffer[4096];
    // Bodies here end with a brace.
    while (!got.ends_with('}')) {
      const int n = SSL_read(tls.get(), buffer, sizeof(buffer));
      if (n <= 0) break;
      got.append(buffer, static_cast<size_t>(n));
    }
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
    SSL_shutdown(tls.get());
  }
  close(connection);
  return got;
}

}  // namespace roentgen::server
