#include "server/auth/key_ring.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "base/limits.h"

namespace roentgen::server {

absl::StatusOr<KeyRing> KeyRing::Make(std::vector<AccessKey> keys) {
  if (keys.size() > limits::kAccessKeysMax) {
    return absl::InvalidArgumentError("access keys: at most " +
                                      std::to_string(limits::kAccessKeysMax) +
                                      ", not " + std::to_string(keys.size()));
  }
  KeyRing ring;
  for (AccessKey& key : keys) {
    const std::string id = key.id;
    const absl::Status fault = CheckAccessKey(key);
    if (!fault.ok()) {
      return absl::InvalidArgumentError("access key '" + id +
                                        "': " + std::string(fault.message()));
    }
    for (const std::string& name : key.certificates) {
      const std::string known =
          name.starts_with("dns:") ? absl::AsciiStrToLower(name) : name;
      if (!ring.by_certificate_.emplace(known, id).second) {
        return absl::InvalidArgumentError("access key '" + id + "': '" + name +
                                          "' is there twice");
      }
    }
    if (!ring.keys_.emplace(id, std::move(key)).second) {
      return absl::InvalidArgumentError("access key '" + id +
                                        "' is there twice");
    }
  }
  return ring;
}

const AccessKey* KeyRing::Find(std::string_view id) const {
  const auto at = keys_.find(id);
  // Without a secret nothing that is signed or shown can prove it.
  if (at == keys_.end() || at->second.secret.empty()) return nullptr;
  return &at->second;
}

const AccessKey* KeyRing::FindBearer(std::string_view id) const {
  const auto at = keys_.find(id);
  if (at == keys_.end() ||
      (at->second.secret.empty() && at->second.secret_hash.empty())) {
    return nullptr;
  }
  return &at->second;
}

const AccessKey* KeyRing::FindCertificate(
    const ClientCertificate& shown) const {
  for (const std::string& name : shown.names) {
    const auto at = by_certificate_.find(name);
    if (at != by_certificate_.end()) return &keys_.find(at->second)->second;
  }
  return nullptr;
}

}  // namespace roentgen::server
