// Settings in the store's database: family `default`, keys of kSettingPrefix.
//
// One instance per store, also when it is opened again: comparing and setting
// is atomic under its lock.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/rocks/store_holder.h"
#include "storage/settings/change_log.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

class RocksSettings : public SettingsStore {
 public:
  // `store` outlives it; its gate refuses what changes a setting (Unavailable).
  explicit RocksSettings(StoreHolder& store) : store_(store) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::StatusOr<std::vector<Setting>> List(std::string_view prefix) override;
  absl::StatusOr<bool> CompareAndSet(
      std::string_view key, const std::optional<std::string>& expected,
      const std::optional<std::string>& value) override;
  // The store was opened again.
  void OnReopened();
  absl::StatusOr<SettingsChanges> Changes(
      const SettingsVersion& since) override {
    return log_.Since(since);
  }

 private:
  StoreHolder& store_;
  Mutex set_mu_;  // Held from comparing to setting.
  ChangeLog log_;
  // Those whose writes failed: a store that is opened again may have them.
  std::set<std::string> unsure_ RTG_GUARDED_BY(set_mu_);
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_
