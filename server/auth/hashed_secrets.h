// Secrets that are held against their hashes, each once: hashing takes 16 MiB
// and some 50 ms. What fitted is remembered as a keyed hash, of a key that no
// other process has.
//
// Threads: thread-safe; one secret is hashed at a time.
#ifndef ROENTGEN_SERVER_AUTH_HASHED_SECRETS_H_
#define ROENTGEN_SERVER_AUTH_HASHED_SECRETS_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/digest.h"
#include "base/mutex.h"

namespace roentgen::server {

class HashedSecrets {
 public:
  HashedSecrets();

  // Whether `secret` has fitted `hash` before.
  bool HasFitted(std::string_view secret, const std::string& hash) const;
  // Whether it fits.
  bool Fits(std::string_view secret, const std::string& hash);

 private:
  Digest PrintOf(std::string_view secret, const std::string& hash) const;

  const std::string key_;
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, Digest> fitted_ RTG_GUARDED_BY(mu_);
  Mutex hashing_mu_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_HASHED_SECRETS_H_
