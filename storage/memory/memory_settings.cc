#include "storage/memory/memory_settings.h"

#include "base/status_macros.h"

namespace roentgen::storage {

absl::StatusOr<std::optional<std::string>> MemorySettings::Get(
    std::string_view key) {
  MutexLock lock(mu_);
  const auto at = values_.find(key);
  if (at == values_.end()) return std::optional<std::string>();
  return std::optional<std::string>(at->second);
}

absl::StatusOr<std::vector<Setting>> MemorySettings::List(
    std::string_view prefix) {
  MutexLock lock(mu_);
  std::vector<Setting> out;
  for (auto at = values_.lower_bound(prefix);
       at != values_.end() && at->first.starts_with(prefix); ++at) {
    out.push_back({.key = at->first, .value = at->second});
  }
  return out;
}

absl::StatusOr<bool> MemorySettings::CompareAndSet(
    std::string_view key, const std::optional<std::string>& expected,
    const std::optional<std::string>& value) {
  RTG_RETURN_IF_ERROR(CheckSetting(key, value));
  MutexLock lock(mu_);
  const auto at = values_.find(key);
  const bool is_set = at != values_.end();
  if (is_set != expected.has_value() || (is_set && at->second != *expected)) {
    return false;
  }
  if (value) {
    values_[std::string(key)] = *value;
  } else if (is_set) {
    values_.erase(at);
  }
  if (is_set || value) log_.Note(key);
  return true;
}

}  // namespace roentgen::storage
