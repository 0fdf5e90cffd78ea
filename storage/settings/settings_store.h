// Small values that must not be lost: groups, rules, settings of the server.
//
//   auto set = store.CompareAndSet("group/shop", std::nullopt, bytes);
//   if (!set.ok()) return set.status();
//   if (!*set) ...  // Somebody else was faster.
//
// For thousands of values that change a few times a day; not a database. Keys
// are 1 to kSettingKeyBytesMax bytes, values at most kSettingBytesMax; others
// are InvalidArgument. Other errors: Unavailable when the disk refuses, after
// which the value may or may not have changed; DataLoss when it is damaged.
//
// Who keeps settings in memory follows them (settings_follower.h): another
// process may change them, where a store is shared.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_SETTINGS_SETTINGS_STORE_H_
#define ROENTGEN_STORAGE_SETTINGS_SETTINGS_STORE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace roentgen::storage {

struct Setting {
  std::string key;
  std::string value;

  friend bool operator==(const Setting&, const Setting&) = default;
};

// A state of a store; later ones are greater. Means something to the object it
// is from alone. The default comes before all others.
struct SettingsVersion {
  uint64_t number = 0;

  friend auto operator<=>(const SettingsVersion&,
                          const SettingsVersion&) = default;
};

struct SettingsChanges {
  SettingsVersion version;  // Of the store, not before it was asked.
  // Any setting may have changed: it is not known which. Then `keys` is empty.
  bool all = false;
  // Of settings that may have been set or removed, ascending, each once.
  std::vector<std::string> keys;
};

class SettingsStore {
 public:
  virtual ~SettingsStore() = default;

  // Nothing when `key` is not set.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      std::string_view key) = 0;

  // All settings whose keys begin with `prefix`, by key.
  virtual absl::StatusOr<std::vector<Setting>> List(
      std::string_view prefix) = 0;

  // Sets `key` to `value`, or removes it when that is nothing, provided that
  // it is `expected` now (nothing: not set). False, and nothing changes, when
  // it is not. Durable on return.
  virtual absl::StatusOr<bool> CompareAndSet(
      std::string_view key, const std::optional<std::string>& expected,
      const std::optional<std::string>& value) = 0;

  // What was set or removed after `since`. What Get and List say from now on
  // is of the version that is returned, or later.
  virtual absl::StatusOr<SettingsChanges> Changes(
      const SettingsVersion& since) = 0;
};

// Whether a store takes the pair.
absl::Status CheckSetting(std::string_view key,
                          const std::optional<std::string>& value);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_SETTINGS_SETTINGS_STORE_H_
