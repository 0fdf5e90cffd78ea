// Settings in memory; nothing survives the process.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_MEMORY_MEMORY_SETTINGS_H_
#define ROENTGEN_STORAGE_MEMORY_MEMORY_SETTINGS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/settings/change_log.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

class MemorySettings : public SettingsStore {
 public:
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
  Mutex mu_;
  std::map<std::string, std::string, std::less<>> values_ RTG_GUARDED_BY(mu_);
  ChangeLog log_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MEMORY_MEMORY_SETTINGS_H_
