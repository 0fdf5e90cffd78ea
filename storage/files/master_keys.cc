#include "storage/files/master_keys.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "openssl/crypto.h"

namespace roentgen::storage {
namespace {

// Each use of the key has a key of its own.
constexpr std::string_view kWrapping = "roentgen wraps file keys 1";
constexpr std::string_view kCheck = "roentgen tells keys apart 1";
constexpr size_t kCheckChars = 32;

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= limits::kMasterKeyIdCharsMax &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

absl::StatusOr<MasterKey> MasterKey::Make(std::string id, const Secret& key) {
  if (!IsId(id)) {
    return absl::InvalidArgumentError(
        "the id of a master key has 1 to " +
        std::to_string(limits::kMasterKeyIdCharsMax) +
        " letters, digits, '.', '_' and '-'");
  }
  if (key.size() != kBytes) {
    return absl::InvalidArgumentError("master key '" + id + "' does not have " +
                                      std::to_string(kBytes) + " bytes");
  }
  Digest wrapping = HmacSha256(key.view(), kWrapping);
  Secret kept = Secret::CopyOf(BytesOf(wrapping));
  OPENSSL_cleanse(wrapping.data(), wrapping.size());
  return MasterKey(std::move(id), std::move(kept),
                   Hex(HmacSha256(key.view(), kCheck)).substr(0, kCheckChars));
}

absl::StatusOr<std::shared_ptr<const MasterKeySet>> MasterKeySet::Make(
    const std::string& current, std::vector<MasterKey> keys) {
  if (keys.size() > limits::kMasterKeysMax) {
    return absl::InvalidArgumentError(
        "more than " + std::to_string(limits::kMasterKeysMax) + " master keys");
  }
  std::set<std::string_view> ids;
  size_t at = keys.size();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!ids.insert(keys[i].id()).second) {
      return absl::InvalidArgumentError("master key '" + keys[i].id() +
                                        "' is there twice");
    }
    if (keys[i].id() == current) at = i;
  }
  if (at == keys.size()) {
    return absl::InvalidArgumentError("the current master key '" + current +
                                      "' is not among the keys");
  }
  return std::shared_ptr<const MasterKeySet>(
      new MasterKeySet(std::move(keys), at));
}

const MasterKey* MasterKeySet::Find(std::string_view id) const {
  const auto at = std::find_if(keys_.begin(), keys_.end(),
                               [&](const auto& key) { return key.id() == id; });
  return at == keys_.end() ? nullptr : &*at;
}

std::string MasterKeySet::IdText() const {
  std::string text;
  for (const MasterKey& key : keys_) {
    text += (text.empty() ? "'" : ", '") + key.id() + "'";
  }
  return text;
}

}  // namespace roentgen::storage
