#include "server/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/tls/openssl_error.h"
#include "server/tls/openssl_ptr.h"

namespace roentgen::server {
namespace {

using Chain = std::vector<CertificatePtr>;

// Forward secrecy and authenticated encryption, nothing else.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kSuites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
    "TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
// 112 bits: no RSA key below 2048, no SHA-1.
constexpr int kSecurityLevel = 2;

absl::Status Bad(const std::string& file, const std::string& what) {
  return absl::InvalidArgumentError("'" + file + "' " + what);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("'" + path + "' cannot be read");
  std::string text(limits::kCertificateFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && !file.eof())) {
    return absl::NotFoundError("'" + path + "' cannot be read");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > limits::kCertificateFileBytesMax) {
    return Bad(path, "is too large");
  }
  return text;
}

BioPtr BioOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks at a terminal.
int NoPassword(char*, int, int, void*) { return 0; }

absl::StatusOr<Chain> ReadCertificates(const std::string& path) {
  RTG_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const BioPtr bio = BioOf(text);
  ERR_clear_error();
  Chain chain;
  while (X509* const next =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) {
    chain.emplace_back(next);
    if (chain.size() > limits::kCertificatesPerFileMax) {
      return Bad(path, "has too many certificates");
    }
  }
  const unsigned long last = ERR_peek_last_error();
  const bool is_end = ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  const std::string reason = TakeOpenSslError();
  if (!is_end) return Bad(path, "is no list of certificates: " + reason);
  if (chain.empty()) return Bad(path, "has no certificate (PEM)");
  return chain;
}

absl::StatusOr<KeyPtr> ReadKey(const std::string& path) {
  RTG_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  ERR_clear_error();
  KeyPtr key(
      PEM_read_bio_PrivateKey(BioOf(text).get(), nullptr, NoPassword, nullptr));
  OPENSSL_cleanse(text.data(), text.size());
  if (key != nullptr) return key;
  ERR_clear_error();
  return Bad(path, "has no private key (PEM, without a password)");
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

absl::Status CheckChain(const std::string& path, const Chain& chain,
                        absl::Time now) {
  for (size_t i = 0; i < chain.size(); ++i) {
    const std::string which = "certificate " + std::to_string(i + 1);
    if (now >= TimeOf(X509_get0_notAfter(chain[i].get()))) {
      return Bad(path, which + " has expired");
    }
    if (now < TimeOf(X509_get0_notBefore(chain[i].get()))) {
      return Bad(path, which + " is not valid yet");
    }
    if (i == 0) continue;
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK) {
      return Bad(path, which + " did not issue the one before it");
    }
  }
  return absl::OkStatus();
}

// TLS 1.3 has suites of its own, which begin with "TLS_".
absl::Status UseCiphers(const std::string& ciphers, SSL_CTX* context) {
  std::string older;
  std::string suites;
  std::string_view rest = ciphers;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view one = rest.substr(0, end);
    std::string& list = one.starts_with("TLS_") ? suites : older;
    if (!list.empty()) list += ':';
    list += one;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (older.empty()) older = kCiphers;
  if (suites.empty()) suites = kSuites;
  ERR_clear_error();
  if (SSL_CTX_set_cipher_list(context, older.c_str()) == 1 &&
      SSL_CTX_set_ciphersuites(context, suites.c_str()) == 1) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("ciphers '" + ciphers +
                                    "': " + TakeOpenSslError());
}

absl::Status UsePair(const TlsSettings& settings, const Chain& chain,
                     SSL_CTX* context) {
  RTG_ASSIGN_OR_RETURN(const KeyPtr key, ReadKey(settings.key));
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, chain[0].get()) != 1) {
    return Bad(settings.certificate, "cannot be used: " + TakeOpenSslError());
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return Bad(settings.key,
               "is not the key of '" + settings.certificate + "'");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return Bad(settings.certificate, "cannot be used: " + TakeOpenSslError());
    }
  }
  return absl::OkStatus();
}

absl::Status UseAuthorities(const TlsSettings& settings, absl::Time now,
                            SSL_CTX* context) {
  if (settings.client_certificates == ClientCertificates::kOff) {
    return absl::OkStatus();
  }
  const std::string& path = settings.client_authorities;
  RTG_ASSIGN_OR_RETURN(const Chain authorities, ReadCertificates(path));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& authority : authorities) {
    if (now >= TimeOf(X509_get0_notAfter(authority.get()))) {
      return Bad(path, "has an authority that has expired");
    }
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return Bad(path, "cannot be used: " + TakeOpenSslError());
    }
  }
  int mode = SSL_VERIFY_PEER;
  if (settings.client_certificates == ClientCertificates::kRequired) {
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  SSL_CTX_set_verify(context, mode, nullptr);
  return absl::OkStatus();
}

std::string_view ProtocolOf(TlsApplication application) {
  switch (application) {
    case TlsApplication::kHttp:
      return "http/1.1";
    case TlsApplication::kGrpc:
      return "h2";
  }
  return "";
}

// Whoever offers protocols, but not ours, is told so.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned size, void* ours) {
  const auto& protocol = *static_cast<const std::string_view*>(ours);
  for (unsigned at = 0; at < size; at += 1u + offered[at]) {
    const std::string_view one(reinterpret_cast<const char*>(offered + at + 1),
                               offered[at]);
    if (one != protocol) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void OfferProtocol(TlsApplication application, SSL_CTX* context) {
  static std::string_view http = ProtocolOf(TlsApplication::kHttp);
  static std::string_view grpc = ProtocolOf(TlsApplication::kGrpc);
  SSL_CTX_set_alpn_select_cb(
      context, ChooseProtocol,
      application == TlsApplication::kHttp ? &http : &grpc);
}

void SetUp(const TlsSettings& settings, SSL_CTX* context) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_min_proto_version(
      context, settings.min_version == TlsVersion::kTls13 ? TLS1_3_VERSION
                                                          : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, 0);
  // Tickets would let whoever learns their key read what was recorded.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // Idle connections keep no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS |
                                SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set1_groups_list(context, kGroups);
  OfferProtocol(settings.application, context);
}

}  // namespace

absl::StatusOr<TlsContext> TlsContext::Load(const TlsSettings& settings,
                                            absl::Time now) {
  TlsContext out;
  out.context_ = {SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  SSL_CTX* const context = out.context_.get();
  SetUp(settings, context);
  RTG_RETURN_IF_ERROR(UseCiphers(settings.ciphers, context));
  RTG_ASSIGN_OR_RETURN(const Chain chain,
                       ReadCertificates(settings.certificate));
  RTG_RETURN_IF_ERROR(CheckChain(settings.certificate, chain, now));
  RTG_RETURN_IF_ERROR(UsePair(settings, chain, context));
  RTG_RETURN_IF_ERROR(UseAuthorities(settings, now, context));
  out.expires_ = absl::InfiniteFuture();
  for (const CertificatePtr& certificate : chain) {
    out.expires_ =
        std::min(out.expires_, TimeOf(X509_get0_notAfter(certificate.get())));
  }
  return out;
}

}  // namespace roentgen::server
