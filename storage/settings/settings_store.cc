#include "storage/settings/settings_store.h"

#include "base/limits.h"

namespace roentgen::storage {

absl::Status CheckSetting(std::string_view key,
                          const std::optional<std::string>& value) {
  if (key.empty() || key.size() > limits::kSettingKeyBytesMax) {
    return absl::InvalidArgumentError(
        "a setting's key must have 1 to " +
        std::to_string(limits::kSettingKeyBytesMax) + " bytes");
  }
  if (value && value->size() > limits::kSettingBytesMax) {
    return absl::InvalidArgumentError("a setting must have at most " +
                                      std::to_string(limits::kSettingBytesMax) +
                                      " bytes");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage
