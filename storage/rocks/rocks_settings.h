// Settings in the store's database: family `default`, keys of kSettingPrefix.
//
// One instance per database: comparing and setting is atomic under its lock.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/write_gate.h"
#include "storage/settings/change_log.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

class RocksSettings : public SettingsStore {
 public:
  // Both outlive it. `gate` refuses what changes a setting (Unavailable).
  RocksSettings(RocksDb& db, WriteGate& gate) : db_(db), gate_(gate) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::StatusOr<std::vector<Setting>> List(std::string_view prefix) override;
  absl::StatusOr<bool> CompareAndSet(
      std::string_view key, const std::optional<std::string>& expected,
      const std::optional<std::string>& value) override;
  absl::StatusOr<SettingsChanges> Changes(
      const SettingsVersion& since) override {
    return log_.Since(since);
  }

 private:
  RocksDb& db_;
  WriteGate& gate_;
  Mutex set_mu_;  // Held from comparing to setting.
  ChangeLog log_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_SETTINGS_H_
