#include "server/tls/certificate_maker.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "base/ip_network.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/tls/client_names.h"
#include "server/tls/openssl_error.h"
#include "server/tls/openssl_ptr.h"

namespace roentgen::server {
namespace {

// Clocks differ.
constexpr absl::Duration kSkew = absl::Hours(1);
constexpr long kVersion3 = 2;  // As X.509 counts.

struct Extension {
  int nid;
  std::string value;  // In OpenSSL's words.
};

absl::Status Failed(const char* what) {
  return absl::InternalError(std::string(what) + ": " + TakeOpenSslError());
}

// What may stand in a name; nothing that means more to OpenSSL.
bool HasOnly(std::string_view text, std::string_view more) {
  constexpr std::string_view kName =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  constexpr size_t kNameBytesMax = 253;
  for (const char c : text) {
    if (kName.find(c) == kName.npos && more.find(c) == more.npos) return false;
  }
  return !text.empty() && text.size() <= kNameBytesMax;
}

absl::StatusOr<std::string> AlternativeName(const std::string& host) {
  if (ParseIp(host)) return "IP:" + host;
  const std::string rest = host.starts_with("*.") ? host.substr(2) : host;
  if (HasOnly(rest, "")) return "DNS:" + host;
  return absl::InvalidArgumentError("'" + host +
                                    "' is no host name and no IP address");
}

std::string TextIn(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return TextIn(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                           nullptr);
  return TextIn(bio.get());
}

bool SetNumber(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] &= 0x7f;  // Positive.
  BIGNUM* const number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
  const bool well =
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return well;
}

bool SetName(X509* certificate, const std::string& name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const std::string shown = name.substr(0, 64);  // X.509's bound.
  return X509_NAME_add_entry_by_txt(
             subject, "CN", MBSTRING_UTF8,
             reinterpret_cast<const unsigned char*>(shown.c_str()), -1, -1,
             0) == 1;
}

bool Add(const Extension& extension, X509* issuer, X509* certificate) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(
      nullptr, &context, extension.nid, extension.value.c_str());
  if (made == nullptr) return false;
  const bool well = X509_add_ext(certificate, made, -1) == 1;
  X509_EXTENSION_free(made);
  return well;
}

struct Order {
  std::string name;
  std::vector<Extension> extensions;
  absl::Time now;
  absl::Duration age;
};

struct MadePair {
  CertificatePtr certificate;
  KeyPtr key;
};

// `issuer` null: it signs itself.
absl::StatusOr<MadePair> Make(const Order& order, X509* issuer,
                              EVP_PKEY* issuer_key) {
  ERR_clear_error();
  MadePair made{.certificate = CertificatePtr(X509_new()),
                .key = KeyPtr(EVP_EC_gen("P-256"))};
  X509* const out = made.certificate.get();
  if (out == nullptr || made.key == nullptr) return Failed("no key was made");
  const X509* const signer = issuer != nullptr ? issuer : out;
  bool well = X509_set_version(out, kVersion3) == 1 && SetNumber(out) &&
              SetName(out, order.name) &&
              X509_set_issuer_name(out, X509_get_subject_name(signer)) == 1 &&
              X509_set_pubkey(out, made.key.get()) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(out),
                            absl::ToTimeT(order.now - kSkew)) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(out),
                            absl::ToTimeT(order.now + order.age)) != nullptr;
  for (const Extension& extension : order.extensions) {
    well = well && Add(extension, issuer != nullptr ? issuer : out, out);
  }
  EVP_PKEY* const key = issuer != nullptr ? issuer_key : made.key.get();
  if (well && X509_sign(out, key, EVP_sha256()) > 0) return made;
  return Failed("no certificate was made");
}

PemPair PemOf(const MadePair& made) {
  return {.certificate = PemOf(made.certificate.get()),
          .key = PemOf(made.key.get())};
}

Order LeafOrder(std::string name, const std::string& alternative_names,
                const char* use, absl::Time now, absl::Duration age) {
  return {.name = std::move(name),
          .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                         {NID_key_usage, "critical,digitalSignature"},
                         {NID_ext_key_usage, use},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid:always"},
                         {NID_subject_alt_name, alternative_names}},
          .now = now,
          .age = age};
}

CertificatePtr CertificateIn(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return CertificatePtr(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

absl::StatusOr<CertificateMaker> CertificateMaker::New(absl::Time now) {
  Order order{
      .name = "Roentgen's own authority",
      .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                     {NID_subject_key_identifier, "hash"}},
      .now = now,
      .age = kAuthorityAge};
  RTG_ASSIGN_OR_RETURN(const MadePair made, Make(order, nullptr, nullptr));
  return Of(PemOf(made));
}

absl::StatusOr<CertificateMaker> CertificateMaker::Of(
    const PemPair& authority) {
  CertificateMaker out;
  out.authority_ = authority;
  CertificatePtr certificate = CertificateIn(authority.certificate);
  const BioPtr bio(BIO_new_mem_buf(authority.key.data(),
                                   static_cast<int>(authority.key.size())));
  // An empty password: nobody is asked for one.
  char none[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, none));
  if (certificate == nullptr || key == nullptr ||
      X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        "certificate and key of the authority do not belong together");
  }
  out.certificate_ = std::move(certificate);
  out.key_ = std::move(key);
  return out;
}

absl::StatusOr<PemPair> CertificateMaker::ForServer(
    const std::vector<std::string>& hosts, absl::Time now,
    absl::Duration age) const {
  if (hosts.empty() || hosts.size() > limits::kCertificateHostsMax) {
    return absl::InvalidArgumentError(
        "1 to " + std::to_string(limits::kCertificateHostsMax) +
        " hosts are needed");
  }
  std::string names;
  for (const std::string& host : hosts) {
    RTG_ASSIGN_OR_RETURN(const std::string name, AlternativeName(host));
    names += (names.empty() ? "" : ",") + name;
  }
  RTG_ASSIGN_OR_RETURN(const MadePair made,
                       Make(LeafOrder(hosts[0], names, "serverAuth", now, age),
                            certificate_.get(), key_.get()));
  return PemOf(made);
}

absl::StatusOr<PemPair> CertificateMaker::ForClient(const std::string& name,
                                                    absl::Time now,
                                                    absl::Duration age) const {
  const bool is_uri = name.find("://") != std::string::npos;
  if (!HasOnly(name, is_uri ? ":/" : "")) {
    return absl::InvalidArgumentError(
        "'" + name + "' has characters that are in no host name and no URI");
  }
  RTG_ASSIGN_OR_RETURN(const MadePair made,
                       Make(LeafOrder(name, (is_uri ? "URI:" : "DNS:") + name,
                                      "clientAuth", now, age),
                            certificate_.get(), key_.get()));
  return PemOf(made);
}

absl::StatusOr<std::string> KeyDigestName(const std::string& certificate) {
  const CertificatePtr read = CertificateIn(certificate);
  ERR_clear_error();
  if (read == nullptr) return absl::InvalidArgumentError("no certificate");
  return NamesOf(read.get())->names.at(0);
}

}  // namespace roentgen::server
