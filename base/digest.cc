#include "base/digest.h"

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "openssl/crypto.h"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "openssl/sha.h"

namespace roentgen {
namespace {

const unsigned char* Data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Digest Sha256(std::string_view bytes) {
  Digest out;
  // Fails only when the library cannot work at all: then nobody gets in.
  if (SHA256(Data(bytes), bytes.size(), out.data()) == nullptr) std::abort();
  return out;
}

Digest HmacSha256(std::string_view key, std::string_view bytes) {
  Digest out;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Data(bytes),
           bytes.size(), out.data(), nullptr) == nullptr) {
    std::abort();
  }
  return out;
}

std::string Hex(const Digest& digest) {
  const std::string_view bytes = BytesOf(digest);
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

bool SameSecret(std::string_view a, std::string_view b) {
  // Hashes have one length: that of the secret does not show.
  const Digest hash_a = Sha256(a);
  const Digest hash_b = Sha256(b);
  return CRYPTO_memcmp(hash_a.data(), hash_b.data(), hash_a.size()) == 0;
}

}  // namespace roentgen
