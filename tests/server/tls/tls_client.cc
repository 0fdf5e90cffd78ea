#include "tests/server/tls/tls_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace roentgen::server {
namespace {

BIO* BioOf(const std::string& text) {
  return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
}

X509* CertificateIn(const std::string& pem) {
  BIO* const bio = BioOf(pem);
  X509* const out = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return out;
}

int Connect(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  return fd;
}

}  // namespace

struct TlsClient::State {
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  int fd = -1;
  bool has_ticket = false;
};

TlsClient::TlsClient(uint16_t port, const TlsClientOptions& options)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  // OpenSSL writes to whoever has gone.
  ::signal(SIGPIPE, SIG_IGN);
  ERR_clear_error();
  s.context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(s.context, 0);
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(s.context, options.version);
    SSL_CTX_set_max_proto_version(s.context, options.version);
  }
  if (!options.ciphers.empty()) {
    if (options.ciphers.starts_with("TLS_")) {
      SSL_CTX_set_ciphersuites(s.context, options.ciphers.c_str());
    } else {
      SSL_CTX_set_cipher_list(s.context, options.ciphers.c_str());
    }
  }
  if (!options.authority.empty()) {
    X509* const authority = CertificateIn(options.authority);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(s.context), authority);
    X509_free(authority);
    SSL_CTX_set_verify(s.context, SSL_VERIFY_PEER, nullptr);
  }
  if (!options.certificate.empty()) {
    X509* const own = CertificateIn(options.certificate);
    SSL_CTX_use_certificate(s.context, own);
    X509_free(own);
    BIO* const bio = BioOf(options.key);
    EVP_PKEY* const key =
        PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(s.context, key);
    EVP_PKEY_free(key);
    BIO_free(bio);
  }
  std::string offered;
  for (const std::string& protocol : options.protocols) {
    offered += static_cast<char>(protocol.size()) + protocol;
  }
  SSL_CTX_set_alpn_protos(
      s.context, reinterpret_cast<const unsigned char*>(offered.data()),
      static_cast<unsigned>(offered.size()));
  SSL_CTX_set_session_cache_mode(s.context, SSL_SESS_CACHE_CLIENT);
  SSL_CTX_set_app_data(s.context, &s);
  SSL_CTX_sess_set_new_cb(s.context, [](SSL* ssl, SSL_SESSION* session) {
    auto* state =
        static_cast<State*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    state->has_ticket |= SSL_SESSION_has_ticket(session) == 1;
    return 0;
  });
  s.ssl = SSL_new(s.context);
  if (!options.host.empty()) {
    SSL_set_tlsext_host_name(s.ssl, options.host.c_str());
    SSL_set1_host(s.ssl, options.host.c_str());
  }
  s.fd = Connect(port);
  if (!options.before.empty()) {
    (void)!::send(s.fd, options.before.data(), options.before.size(),
                  MSG_NOSIGNAL);
  }
  SSL_set_fd(s.ssl, s.fd);
  if (SSL_connect(s.ssl) != 1) Fail();
}

TlsClient::~TlsClient() {
  SSL_free(state_->ssl);
  SSL_CTX_free(state_->context);
  ::close(state_->fd);
}

void TlsClient::Fail() {
  const unsigned long error = ERR_get_error();
  const char* const reason = ERR_reason_error_string(error);
  error_ = reason != nullptr ? reason : "the connection ended";
  ERR_clear_error();
}

std::string TlsClient::version() const { return SSL_get_version(state_->ssl); }
std::string TlsClient::cipher() const { return SSL_get_cipher(state_->ssl); }
std::string TlsClient::protocol() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(state_->ssl, &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

std::string TlsClient::certificate() const {
  X509* const shown = SSL_get1_peer_certificate(state_->ssl);
  if (shown == nullptr) return "";
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, shown);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  X509_free(shown);
  return pem;
}

bool TlsClient::Send(std::string_view bytes) {
  if (!connected()) return false;
  while (!bytes.empty()) {
    size_t sent = 0;
    ERR_clear_error();
    if (SSL_write_ex(state_->ssl, bytes.data(), bytes.size(), &sent) != 1) {
      Fail();
      return false;
    }
    bytes.remove_prefix(sent);
  }
  return true;
}

std::string TlsClient::Read(size_t n) {
  while (buffer_.size() < n && connected()) {
    char room[16384];
    size_t came = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(state_->ssl, room, sizeof(room), &came);
    buffer_.append(room, came);
    if (result == 1) continue;
    had_orderly_end_ =
        SSL_get_error(state_->ssl, result) == SSL_ERROR_ZERO_RETURN;
    Fail();
  }
  std::string out = buffer_.substr(0, n);
  buffer_.erase(0, n);
  return out;
}

TlsClient::Response TlsClient::ReadResponse() {
  Response out;
  while (!out.head.ends_with("\r\n\r\n")) {
    const std::string one = Read(1);
    if (one.empty()) return out;
    out.head += one;
  }
  const size_t at = out.head.find("Content-Length: ");
  if (at == out.head.npos) return out;
  const size_t length = std::strtoull(out.head.c_str() + at + 16, nullptr, 10);
  out.body = Read(length);
  return out;
}

std::string TlsClient::ReadRest() { return Read(std::string::npos); }

bool TlsClient::HasTicket() { return state_->has_ticket; }

bool TlsClient::Renegotiates() {
  SSL_renegotiate(state_->ssl);
  ERR_clear_error();
  const int result = SSL_do_handshake(state_->ssl);
  char room[1];
  size_t came = 0;
  const bool well =
      result == 1 && SSL_peek_ex(state_->ssl, room, 1, &came) == 1;
  ERR_clear_error();
  return well;
}

}  // namespace roentgen::server
