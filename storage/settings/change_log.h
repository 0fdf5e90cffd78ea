// The latest changes of a settings store that one process alone writes to.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_SETTINGS_CHANGE_LOG_H_
#define ROENTGEN_STORAGE_SETTINGS_CHANGE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

class ChangeLog {
 public:
  static constexpr size_t kKeptMax = 4'096;

  // The setting may have changed; its new value can be read.
  void Note(std::string_view key);

  // As SettingsStore::Changes.
  SettingsChanges Since(const SettingsVersion& since) const;

 private:
  mutable Mutex mu_;
  // Of the next change. The first version is that of a store that was opened.
  uint64_t next_ RTG_GUARDED_BY(mu_) = 2;
  std::deque<std::string> keys_ RTG_GUARDED_BY(mu_);  // Of the last changes.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_SETTINGS_CHANGE_LOG_H_
