// RocksDB as this store uses it: opening, families, options, errors.
//
// Threads: thread-safe, except that families are created and dropped by one
// thread at a time.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rocksdb/merge_operator.h"
#include "storage/files/master_keys.h"
#include "storage/files/rocks_status.h"
#include "storage/rocks/folder_lock.h"

namespace roentgen::storage {

struct RocksOptions {
  std::string path;
  size_t memtable_bytes = 0;
  size_t cache_bytes = 0;
  // Of families that are not locators.
  std::shared_ptr<rocksdb::MergeOperator> merge;
  // Null: the operating system's.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  // Under which its files are encrypted; null: none are given.
  std::shared_ptr<const MasterKeys> keys;
  // Changes no file: what a start would write, it does not.
  bool read_only = false;
  // With `read_only`: tables that do not open, or are gone, are an error only
  // when they are read.
  bool lenient = false;
};

// Keys from `begin` on, before `end`.
struct KeyRange {
  std::string begin;
  std::optional<std::string> end;  // Nothing: to the last one.
  const rocksdb::Snapshot* snapshot = nullptr;

  // Those that begin with `prefix`.
  static KeyRange WithPrefix(std::string prefix);
};

// A column family; closed, but not dropped, at the end of its life.
class Family {
 public:
  Family(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle)
      : db_(db), handle_(handle) {}
  ~Family() { db_.DestroyColumnFamilyHandle(handle_); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  rocksdb::ColumnFamilyHandle* get() const { return handle_; }

 private:
  rocksdb::DB& db_;
  rocksdb::ColumnFamilyHandle* const handle_;
};

class DamageListener;

class RocksDb {
 public:
  // Opens or creates the store at `options.path` with all its families. It is
  // created only where the folder is known to hold none.
  // Errors: FailedPrecondition with one clear line when another process has
  // it open, when the folder holds something else, or when its format is not
  // this program's; DataLoss when its files make no sense; Unavailable when
  // they cannot be read.
  static absl::StatusOr<std::unique_ptr<RocksDb>> Open(
      const RocksOptions& options);
  ~RocksDb();

  rocksdb::DB& db() { return *db_; }
  bool read_only() const { return read_only_; }
  // Of one that is read only: the log ends in what a start would cut off.
  bool log_ends_in_damage() const { return log_ends_in_damage_; }

  // Family `name`, which Open found or CreateFamily made; null otherwise. The
  // first caller takes it over.
  std::unique_ptr<Family> TakeFamily(const std::string& name);
  // Names of families that nobody took.
  std::vector<std::string> UntakenFamilies() const;

  absl::StatusOr<std::unique_ptr<Family>> CreateFamily(const std::string& name);
  // Data is gone when the last Family object of it dies.
  absl::Status DropFamily(Family& family);

  // `no_space`: if given, whether it failed for want of room.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync,
                     std::string_view doing, bool* no_space = nullptr);
  // All that was written so far is on the disk afterwards.
  absl::Status SyncLog(std::string_view doing);
  // Sets `value`; NotFound when the key is absent.
  absl::Status Get(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                   rocksdb::PinnableSlice& value, std::string_view doing);
  absl::Status Get(const Family& family, std::string_view key,
                   rocksdb::PinnableSlice& value, std::string_view doing) {
    return Get(family.get(), key, value, doing);
  }

  // Calls `use` with each key of the range, in order, and its value; both are
  // valid during the call only. The one way to look at several keys: that a
  // read failed cannot be taken for the end of the keys. Errors: those of
  // `use`, which end the scan; DataLoss, Unavailable.
  using UseKey =
      std::function<absl::Status(std::string_view key, std::string_view value)>;
  absl::Status ForEach(rocksdb::ColumnFamilyHandle* family,
                       const KeyRange& range, std::string_view doing,
                       const UseKey& use);
  // The last key before `end`; nothing when there is none.
  absl::StatusOr<std::optional<std::string>> LastKeyBefore(
      rocksdb::ColumnFamilyHandle* family, std::string_view end,
      std::string_view doing);

  // Names of families whose compaction met damage. That does not stop writing;
  // but it is tried again and again until StopCompacting.
  std::vector<std::string> DamagedFamilies();
  // The family is not compacted any more, as long as it is open.
  absl::Status StopCompacting(rocksdb::ColumnFamilyHandle* family);

  // All files of the store, log included.
  uint64_t DiskBytes() const;
  // What is free where the store is, as its file system says.
  absl::StatusOr<uint64_t> FreeBytes() const;

  // Whether the disk takes a new file, its bytes and its name, and syncs them.
  absl::Status TryDisk() const;

  // As FolderLock::Check.
  absl::Status CheckFolder() const { return lock_->Check(); }

 private:
  RocksDb() = default;
  absl::Status CheckFormat();
  // Looks at files before RocksDB does.
  absl::Status CheckFiles(rocksdb::FileSystem& files);
  // RocksDB 7.8 takes a MANIFEST that it could not begin for the current one
  // when a family's change is the second that fails, and would remove the one
  // that CURRENT names. So nothing is removed from the first that fails on,
  // until one succeeds.
  void NoteFamilyChange(bool done);

  std::string path_;
  bool read_only_ = false;
  bool log_ends_in_damage_ = false;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<rocksdb::Env> env_;
  rocksdb::ColumnFamilyOptions locator_options_;
  rocksdb::ColumnFamilyOptions plain_options_;
  std::shared_ptr<DamageListener> damage_;
  std::unique_ptr<rocksdb::DB> db_;
  bool keeps_files_ = false;
  std::vector<std::pair<std::string, std::unique_ptr<Family>>> untaken_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_
