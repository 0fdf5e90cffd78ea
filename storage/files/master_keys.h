// The keys under which a store's files have their own keys.
//
//   RTG_ASSIGN_OR_RETURN(auto set, MasterKeySet::Make("2026", keys));
//   auto master_keys = std::make_shared<MasterKeys>(std::move(set));
//   ...
//   master_keys->Put(newer);  // New files are under its current key at once.
//
// Threads: MasterKey and MasterKeySet do not change once made; MasterKeys is
// thread-safe.
#ifndef ROENTGEN_STORAGE_FILES_MASTER_KEYS_H_
#define ROENTGEN_STORAGE_FILES_MASTER_KEYS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/files/secret.h"

namespace roentgen::storage {

class MasterKey {
 public:
  static constexpr size_t kBytes = 32;

  // `id`: letters, digits, ".", "_" and "-". Errors: InvalidArgument, without
  // the key, when the id is none or the key does not have kBytes.
  static absl::StatusOr<MasterKey> Make(std::string id, const Secret& key);

  const std::string& id() const { return id_; }
  // What wraps the keys of files.
  const Secret& wrapping() const { return wrapping_; }
  // Tells this key from others, and tells nothing else of it. Hexadecimal.
  const std::string& check() const { return check_; }

 private:
  MasterKey(std::string id, Secret wrapping, std::string check)
      : id_(std::move(id)),
        wrapping_(std::move(wrapping)),
        check_(std::move(check)) {}

  std::string id_;
  Secret wrapping_;
  std::string check_;
};

class MasterKeySet {
 public:
  // Errors: InvalidArgument when `current` is none of them, an id is there
  // twice, or there are more than limits::kMasterKeysMax.
  static absl::StatusOr<std::shared_ptr<const MasterKeySet>> Make(
      const std::string& current, std::vector<MasterKey> keys);

  // That of new files.
  const MasterKey& current() const { return keys_[current_]; }
  // Null: there is none of that id.
  const MasterKey* Find(std::string_view id) const;
  const std::vector<MasterKey>& keys() const { return keys_; }
  std::string IdText() const;  // "'a', 'b'"

 private:
  MasterKeySet(std::vector<MasterKey> keys, size_t current)
      : keys_(std::move(keys)), current_(current) {}

  const std::vector<MasterKey> keys_;
  const size_t current_;
};

// Those that are given now.
class MasterKeys {
 public:
  explicit MasterKeys(std::shared_ptr<const MasterKeySet> keys)
      : keys_(std::move(keys)) {}

  std::shared_ptr<const MasterKeySet> Get() const {
    MutexLock lock(mu_);
    return keys_;
  }
  void Put(std::shared_ptr<const MasterKeySet> keys) {
    MutexLock lock(mu_);
    keys_ = std::move(keys);
  }

 private:
  mutable Mutex mu_;
  std::shared_ptr<const MasterKeySet> keys_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_MASTER_KEYS_H_
