#include "storage/rocks/rocks_settings.h"

#include <utility>

#include "base/status_macros.h"
#include "rocksdb/write_batch.h"
#include "storage/rocks/key_layout.h"

namespace roentgen::storage {

namespace {

absl::StatusOr<std::optional<std::string>> Read(RocksDb& db,
                                                std::string_view key) {
  rocksdb::PinnableSlice value;
  const absl::Status status =
      db.Get(db.db().DefaultColumnFamily(), SettingKey(key), value,
             "while reading a setting");
  if (absl::IsNotFound(status)) return std::optional<std::string>();
  RTG_RETURN_IF_ERROR(status);
  return std::optional<std::string>(FromSlice(value));
}

}  // namespace

absl::StatusOr<std::optional<std::string>> RocksSettings::Get(
    std::string_view key) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, store_.Get());
  return Read(*store->state.db, key);
}

absl::StatusOr<std::vector<Setting>> RocksSettings::List(
    std::string_view prefix) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, store_.Get());
  RocksDb& db = *store->state.db;
  const size_t begin = SettingKey("").size();
  std::vector<Setting> out;
  RTG_RETURN_IF_ERROR(db.ForEach(
      db.db().DefaultColumnFamily(), KeyRange::WithPrefix(SettingKey(prefix)),
      "while listing settings",
      [&](std::string_view key, std::string_view value) {
        out.push_back({.key = std::string(key.substr(begin)),
                       .value = std::string(value)});
        return absl::OkStatus();
      }));
  return out;
}

absl::StatusOr<bool> RocksSettings::CompareAndSet(
    std::string_view key, const std::optional<std::string>& expected,
    const std::optional<std::string>& value) {
  RTG_RETURN_IF_ERROR(CheckSetting(key, value));
  MutexLock lock(set_mu_);
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, store_.Get());
  RocksDb& db = *store->state.db;
  WriteGate& gate = store->state.gate;
  RTG_ASSIGN_OR_RETURN(const std::optional<std::string> found, Read(db, key));
  if (found != expected) return false;
  if (found == value) return true;
  RTG_RETURN_IF_ERROR(gate.LookToWrite());
  rocksdb::WriteBatch batch;
  if (value) {
    batch.Put(SettingKey(key), *value);
  } else {
    batch.Delete(SettingKey(key));
  }
  const absl::Status written = db.Write(batch, true, "while writing a setting");
  // Also what was not written may be there.
  log_.Note(key);
  if (!written.ok()) {
    unsure_.emplace(key);
    store->state.NoteHealth(written);
    return written;
  }
  RTG_RETURN_IF_ERROR(gate.LookAtFolder());
  return true;
}

void RocksSettings::OnReopened() {
  MutexLock lock(set_mu_);
  for (const std::string& key : unsure_) log_.Note(key);
  unsure_.clear();
}

}  // namespace roentgen::storage
