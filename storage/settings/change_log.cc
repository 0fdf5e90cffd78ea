#include "storage/settings/change_log.h"

#include <algorithm>

namespace roentgen::storage {

void ChangeLog::Note(std::string_view key) {
  MutexLock lock(mu_);
  keys_.emplace_back(key);
  if (keys_.size() > kKeptMax) keys_.pop_front();
  ++next_;
}

SettingsChanges ChangeLog::Since(const SettingsVersion& since) const {
  MutexLock lock(mu_);
  SettingsChanges out{.version = {next_ - 1}, .all = false, .keys = {}};
  const uint64_t oldest = next_ - keys_.size();
  if (since.number + 1 < oldest || since > out.version) {
    out.all = true;
    return out;
  }
  out.keys.assign(
      keys_.begin() + static_cast<std::ptrdiff_t>(since.number + 1 - oldest),
      keys_.end());
  std::sort(out.keys.begin(), out.keys.end());
  out.keys.erase(std::unique(out.keys.begin(), out.keys.end()), out.keys.end());
  return out;
}

}  // namespace roentgen::storage
