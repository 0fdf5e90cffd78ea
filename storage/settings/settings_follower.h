// Keeps what somebody knows of settings up to date.
//
//   SettingsFollower follower(store, "group/");
//   RTG_ASSIGN_OR_RETURN(const SettingsUpdate update, follower.Next());
//   RTG_RETURN_IF_ERROR(ApplyOrComplain(update, "group", DecodeGroup, groups));
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_SETTINGS_SETTINGS_FOLLOWER_H_
#define ROENTGEN_STORAGE_SETTINGS_SETTINGS_FOLLOWER_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

struct SettingsUpdate {
  // These are all that there are; else others stay as they were.
  bool all = false;
  // By name: what follows the prefix in the key. Nothing: it was removed.
  std::map<std::string, std::optional<std::string>> values;

  bool empty() const { return !all && values.empty(); }
};

class SettingsFollower {
 public:
  // `store` outlives it.
  SettingsFollower(SettingsStore& store, std::string prefix)
      : store_(store), prefix_(std::move(prefix)) {}

  // What changed since the last call that returned an update; the first returns
  // all. Some may be as they were. Errors: those of the store; nothing is lost
  // for the next call.
  absl::StatusOr<SettingsUpdate> Next();

 private:
  SettingsStore& store_;
  const std::string prefix_;
  SettingsVersion version_;
};

// Brings `known` (std::map<std::string, ...>) up to date.
// decode(name, bytes) returns an optional value. Where it returns nothing,
// damaged(name, bytes) is called, and what was known stays.
template <typename Known, typename Decode, typename Damaged>
void Apply(const SettingsUpdate& update, Decode decode, Damaged damaged,
           Known& known) {
  if (update.all) {
    std::erase_if(known, [&](const auto& entry) {
      return !update.values.contains(entry.first);
    });
  }
  for (const auto& [name, bytes] : update.values) {
    if (!bytes) {
      known.erase(name);
      continue;
    }
    auto value = decode(name, *bytes);
    if (value) {
      known.insert_or_assign(name, *std::move(value));
    } else {
      damaged(name, *bytes);
    }
  }
}

// The same; DataLoss, in the end, when something was damaged. `kind`: of the
// settings, "group".
template <typename Known, typename Decode>
absl::Status ApplyOrComplain(const SettingsUpdate& update,
                             const std::string& kind, Decode decode,
                             Known& known) {
  absl::Status status;
  const auto damaged = [&](const std::string& name, const std::string&) {
    status.Update(
        absl::DataLossError("stored " + kind + " '" + name + "' is damaged"));
  };
  Apply(update, decode, damaged, known);
  return status;
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_SETTINGS_SETTINGS_FOLLOWER_H_
