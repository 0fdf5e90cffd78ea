#include "storage/settings/settings_follower.h"

#include <vector>

#include "base/status_macros.h"

namespace roentgen::storage {

absl::StatusOr<SettingsUpdate> SettingsFollower::Next() {
  RTG_ASSIGN_OR_RETURN(const SettingsChanges changes, store_.Changes(version_));
  SettingsUpdate update{.all = changes.all, .values = {}};
  if (changes.all) {
    RTG_ASSIGN_OR_RETURN(std::vector<Setting> settings, store_.List(prefix_));
    for (Setting& setting : settings) {
      update.values.emplace(setting.key.substr(prefix_.size()),
                            std::move(setting.value));
    }
  }
  for (const std::string& key : changes.keys) {
    if (!key.starts_with(prefix_)) continue;
    RTG_ASSIGN_OR_RETURN(std::optional<std::string> value, store_.Get(key));
    update.values.emplace(key.substr(prefix_.size()), std::move(value));
  }
  version_ = changes.version;
  return update;
}

}  // namespace roentgen::storage
