#include "server/auth/key_ring.h"

#include <utility>

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
    if (!ring.keys_.emplace(id, std::move(key)).second) {
      return absl::InvalidArgumentError("access key '" + id +
                                        "' is there twice");
    }
  }
  return ring;
}

const AccessKey* KeyRing::Find(std::string_view id) const {
  const auto at = keys_.find(id);
  return at == keys_.end() ? nullptr : &at->second;
}

}  // namespace roentgen::server
