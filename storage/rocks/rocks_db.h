// RocksDB as this store uses it: opening, families, options, errors.
//
// Threads: thread-safe, except that families are created and dropped by one
// thread at a time.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/merge_operator.h"

namespace roentgen::storage {

// `doing` says what failed: "while writing a commit".
absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing);

inline rocksdb::Slice ToSlice(std::string_view s) {
  return {s.data(), s.size()};
}
inline std::string_view FromSlice(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

struct RocksOptions {
  std::string path;
  size_t memtable_bytes = 0;
  size_t cache_bytes = 0;
  // Of families that are not locators.
  std::shared_ptr<rocksdb::MergeOperator> merge;
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

class RocksDb {
 public:
  // Opens or creates the store at `options.path` with all its families.
  // Errors: FailedPrecondition with one clear line when another process has
  // it open, when the folder holds something else, or when its format is not
  // this program's; DataLoss when its files make no sense.
  static absl::StatusOr<std::unique_ptr<RocksDb>> Open(
      const RocksOptions& options);
  ~RocksDb();

  rocksdb::DB& db() { return *db_; }

  // Family `name`, which Open found or CreateFamily made; null otherwise. The
  // first caller takes it over.
  std::unique_ptr<Family> TakeFamily(const std::string& name);
  // Names of families that nobody took.
  std::vector<std::string> UntakenFamilies() const;

  absl::StatusOr<std::unique_ptr<Family>> CreateFamily(const std::string& name);
  // Data is gone when the last Family object of it dies.
  absl::Status DropFamily(Family& family);

  absl::Status Write(rocksdb::WriteBatch& batch, bool sync,
                     std::string_view doing);
  // Sets `value`; NotFound when the key is absent.
  absl::Status Get(const Family& family, std::string_view key,
                   rocksdb::PinnableSlice& value, std::string_view doing);

  // All files of the store, log included.
  uint64_t DiskBytes() const;

 private:
  RocksDb() = default;
  absl::Status CheckFormat();

  std::string path_;
  rocksdb::ColumnFamilyOptions locator_options_;
  rocksdb::ColumnFamilyOptions plain_options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<std::pair<std::string, std::unique_ptr<Family>>> untaken_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_DB_H_
