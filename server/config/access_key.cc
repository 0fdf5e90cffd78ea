#include "server/config/access_key.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "base/limits.h"
#include "base/secret_hash.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

bool IsIdChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '.';
}

// What a header may carry as it is.
bool IsSecretChar(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c));
}

bool HasOnly(std::string_view text, size_t bytes_max, bool (*allowed)(char)) {
  return !text.empty() && text.size() <= bytes_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool IsDigestDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c)) &&
         !absl::ascii_isupper(static_cast<unsigned char>(c));
}

absl::Status CheckCertificate(const std::string& name) {
  constexpr std::string_view kDigest = "sha256:";
  constexpr size_t kDigestDigits = 64;
  bool good = HasOnly(name, limits::kCertificateNameBytesMax, IsSecretChar);
  if (name.starts_with(kDigest)) {
    good =
        name.size() == kDigest.size() + kDigestDigits &&
        std::all_of(name.begin() + kDigest.size(), name.end(), IsDigestDigit);
  } else {
    constexpr size_t kKind = 4;
    good = good && name.size() > kKind &&
           (name.starts_with("uri:") || name.starts_with("dns:"));
  }
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "certificates: '" + name.substr(0, limits::kCertificateNameBytesMax) +
      "' must be sha256: and 64 digits in lower case, uri:NAME or dns:NAME");
}

absl::Status BadField(std::string_view field, size_t bytes_max,
                      std::string_view characters) {
  return absl::InvalidArgumentError(std::string(field) + ": must have 1 to " +
                                    std::to_string(bytes_max) +
                                    " characters, " + std::string(characters));
}

}  // namespace

absl::Status CheckAccessKey(const AccessKey& key) {
  constexpr std::string_view kSecretChars = "visible ones of ASCII";
  if (!HasOnly(key.id, limits::kAccessKeyIdBytesMax, IsIdChar)) {
    return BadField("id", limits::kAccessKeyIdBytesMax,
                    "letters, digits and _ - .");
  }
  if (key.certificates.size() > limits::kKeyCertificatesMax) {
    return absl::InvalidArgumentError(
        "certificates: at most " + std::to_string(limits::kKeyCertificatesMax));
  }
  for (const std::string& name : key.certificates) {
    RTG_RETURN_IF_ERROR(CheckCertificate(name));
  }
  if (!key.secret_hash.empty()) {
    if (!key.secret.empty() || key.session_token) {
      return absl::InvalidArgumentError(
          "secret_hash: not together with secret or session_token");
    }
    if (!IsSecretHash(key.secret_hash)) {
      return absl::InvalidArgumentError(
          "secret_hash: must be $scrypt$ln=14,r=8,p=1$SALT$HASH, as roentgen "
          "keys create --hashed makes it");
    }
  }
  const bool needs_secret =
      (key.certificates.empty() && key.secret_hash.empty()) ||
      key.session_token;
  if ((needs_secret || !key.secret.empty()) &&
      !HasOnly(key.secret, limits::kSecretBytesMax, IsSecretChar)) {
    return BadField("secret", limits::kSecretBytesMax, kSecretChars);
  }
  if (key.session_token &&
      !HasOnly(*key.session_token, limits::kSessionTokenBytesMax,
               IsSecretChar)) {
    return BadField("session_token", limits::kSessionTokenBytesMax,
                    kSecretChars);
  }
  if (key.permissions == Permissions()) {
    return absl::InvalidArgumentError(
        "permissions: must name some of ingest, read, administer");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server
