// Access keys: who may call the server, and for what.
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_SERVER_CONFIG_ACCESS_KEY_H_
#define ROENTGEN_SERVER_CONFIG_ACCESS_KEY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace roentgen::server {

// None includes another one.
struct Permissions {
  bool ingest = false;
  bool read = false;
  bool administer = false;

  friend bool operator==(Permissions, Permissions) = default;
};

struct AccessKey {
  std::string id;  // Letters, digits and _ - . only: separators stay readable.
  std::string secret;  // Empty: see the next one and `certificates`.
  // Instead of the secret what base/secret_hash.h makes of it. Such a key does
  // for bearers; signatures cannot be checked without the secret.
  std::string secret_hash = {};
  // Signed requests must carry it. For clients that have temporary credentials;
  // here they do not end.
  std::optional<std::string> session_token;
  Permissions permissions;
  // From then on it is refused. Nothing: it does not end.
  std::optional<absl::Time> expires = std::nullopt;
  // Of clients that need show nothing else: "sha256:" and 64 digits of their
  // public key, or an alternative name, "uri:..." or "dns:...".
  std::vector<std::string> certificates = {};

  friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

inline bool HasExpired(const AccessKey& key, absl::Time now) {
  return key.expires && now >= *key.expires;
}

// Lengths and characters of all parts, some way to show it, and some
// permission; else
// InvalidArgument "<field>: <what it must be>". Never shows a secret.
absl::Status CheckAccessKey(const AccessKey& key);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_ACCESS_KEY_H_
