#include "server/tls/client_names.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/digest.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

std::string KeyDigestOf(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
  if (size <= 0) return "";
  const std::string digest = Hex(Sha256(
      {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)}));
  OPENSSL_free(bytes);
  return digest;
}

std::string_view TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

}  // namespace

std::shared_ptr<const ClientCertificate> NamesOf(X509* certificate) {
  ClientCertificate out;
  out.names.push_back("sha256:" + KeyDigestOf(certificate));
  auto* const all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::vector<std::string> hosts;
  const int count =
      std::min<int>(sk_GENERAL_NAME_num(all), limits::kCertificateNamesMax);
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_URI) {
      out.names.push_back(
          "uri:" + std::string(TextOf(name->d.uniformResourceIdentifier)));
    } else if (name->type == GEN_DNS) {
      const std::string_view host = TextOf(name->d.dNSName);
      hosts.push_back("dns:" +
                      absl::AsciiStrToLower({host.data(), host.size()}));
    }
  }
  GENERAL_NAMES_free(all);
  out.names.insert(out.names.end(), hosts.begin(), hosts.end());
  return std::make_shared<const ClientCertificate>(std::move(out));
}

}  // namespace roentgen::server
