#include "storage/rocks/rocks_settings.h"

#include <memory>

#include "base/status_macros.h"
#include "rocksdb/write_batch.h"
#include "storage/rocks/key_layout.h"

namespace roentgen::storage {

absl::StatusOr<std::optional<std::string>> RocksSettings::Get(
    std::string_view key) {
  rocksdb::DB& db = db_.db();
  std::string value;
  const rocksdb::Status status =
      db.Get(rocksdb::ReadOptions(), db.DefaultColumnFamily(), SettingKey(key),
             &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  RTG_RETURN_IF_ERROR(FromRocks(status, "while reading a setting"));
  return std::optional<std::string>(std::move(value));
}

absl::StatusOr<std::vector<Setting>> RocksSettings::List(
    std::string_view prefix) {
  rocksdb::DB& db = db_.db();
  const std::string begin = SettingKey(prefix);
  const std::unique_ptr<rocksdb::Iterator> at(
      db.NewIterator(rocksdb::ReadOptions(), db.DefaultColumnFamily()));
  std::vector<Setting> out;
  for (at->Seek(begin); at->Valid(); at->Next()) {
    const std::string_view key = FromSlice(at->key());
    if (!key.starts_with(begin)) break;
    out.push_back({.key = std::string(key.substr(SettingKey("").size())),
                   .value = std::string(FromSlice(at->value()))});
  }
  RTG_RETURN_IF_ERROR(FromRocks(at->status(), "while listing settings"));
  return out;
}

absl::StatusOr<bool> RocksSettings::CompareAndSet(
    std::string_view key, const std::optional<std::string>& expected,
    const std::optional<std::string>& value) {
  RTG_RETURN_IF_ERROR(CheckSetting(key, value));
  MutexLock lock(set_mu_);
  RTG_ASSIGN_OR_RETURN(const std::optional<std::string> found, Get(key));
  if (found != expected) return false;
  if (found == value) return true;
  rocksdb::WriteBatch batch;
  if (value) {
    batch.Put(SettingKey(key), *value);
  } else {
    batch.Delete(SettingKey(key));
  }
  RTG_RETURN_IF_ERROR(db_.Write(batch, true, "while writing a setting"));
  return true;
}

}  // namespace roentgen::storage
