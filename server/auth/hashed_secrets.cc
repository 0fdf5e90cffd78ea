#include "server/auth/hashed_secrets.h"

#include <random>

#include "base/limits.h"
#include "base/secret_hash.h"

namespace roentgen::server {
namespace {

std::string RandomKey() {
  std::random_device device;
  std::string key;
  while (key.size() < 32) key.push_back(static_cast<char>(device()));
  return key;
}

}  // namespace

HashedSecrets::HashedSecrets() : key_(RandomKey()) {}

Digest HashedSecrets::PrintOf(std::string_view secret,
                              const std::string& hash) const {
  return HmacSha256(key_, hash + '\n' + std::string(secret));
}

bool HashedSecrets::HasFitted(std::string_view secret,
                              const std::string& hash) const {
  const Digest print = PrintOf(secret, hash);
  MutexLock lock(mu_);
  const auto known = fitted_.find(hash);
  return known != fitted_.end() &&
         SameSecret(BytesOf(known->second), BytesOf(print));
}

bool HashedSecrets::Fits(std::string_view secret, const std::string& hash) {
  if (HasFitted(secret, hash)) return true;
  {
    MutexLock lock(hashing_mu_);
    if (!FitsSecretHash(secret, hash)) return false;
  }
  MutexLock lock(mu_);
  // Hashes of files that were read long ago.
  if (fitted_.size() > 2 * limits::kAccessKeysMax) fitted_.clear();
  fitted_[hash] = PrintOf(secret, hash);
  return true;
}

}  // namespace roentgen::server
