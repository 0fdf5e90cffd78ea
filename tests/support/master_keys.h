// Master keys for tests, made of their ids.
#ifndef ROENTGEN_TESTS_SUPPORT_MASTER_KEYS_H_
#define ROENTGEN_TESTS_SUPPORT_MASTER_KEYS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "storage/files/master_keys.h"

namespace roentgen::testing_support {

// `seed` other than the id: another key of the same id.
inline storage::MasterKey TestMasterKey(const std::string& id,
                                        const std::string& seed) {
  return *storage::MasterKey::Make(
      id, storage::Secret::CopyOf(BytesOf(Sha256(seed))));
}

// The first one is the current one.
inline std::shared_ptr<const storage::MasterKeySet> TestMasterKeySet(
    const std::vector<std::string>& ids) {
  std::vector<storage::MasterKey> keys;
  for (const std::string& id : ids) keys.push_back(TestMasterKey(id, id));
  return *storage::MasterKeySet::Make(ids.front(), std::move(keys));
}

inline std::shared_ptr<storage::MasterKeys> TestMasterKeys(
    const std::vector<std::string>& ids) {
  return std::make_shared<storage::MasterKeys>(TestMasterKeySet(ids));
}

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_MASTER_KEYS_H_
