// What a store had at one instant, whatever happens to it meanwhile.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_SNAPSHOT_READER_H_
#define ROENTGEN_STORAGE_ROCKS_SNAPSHOT_READER_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/private_status.h"
#include "rocksdb/db.h"
#include "storage/index/chunk_columns.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {

class SnapshotReader {
 public:
  // `db` outlives this object. That many reads that the disk refuses are
  // damage; what it refuses after these is Unavailable.
  explicit SnapshotReader(RocksDb& db, size_t refused_max = 0)
      : db_(db), snapshot_(db.db().GetSnapshot()), refused_max_(refused_max) {}
  ~SnapshotReader() { db_.db().ReleaseSnapshot(snapshot_); }
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  RocksDb& db() const { return db_; }

  // As RocksDb::Get.
  absl::Status Get(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                   rocksdb::PinnableSlice& value) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    options.fill_cache = false;
    value.Reset();
    return Judged(FromRocks(db_.db().Get(options, family, ToSlice(key), &value),
                            "while checking"));
  }
  // As RocksDb::ForEach, of the keys that begin with `prefix`.
  absl::Status ForEach(rocksdb::ColumnFamilyHandle* family, std::string prefix,
                       const RocksDb::UseKey& use) const {
    KeyRange range = KeyRange::WithPrefix(std::move(prefix));
    range.snapshot = snapshot_;
    bool ended = false;  // By `use`.
    const absl::Status status =
        db_.ForEach(family, range, "while checking",
                    [&](std::string_view key, std::string_view value) {
                      absl::Status used = use(key, value);
                      ended = !used.ok();
                      return used;
                    });
    return ended ? status : Judged(status);
  }

 private:
  absl::Status Judged(const absl::Status& status) const {
    if (!absl::IsUnavailable(status) || refused_++ >= refused_max_) {
      return status;
    }
    return PrivateStatus(absl::DataLossError(status.message()));
  }

  RocksDb& db_;
  const rocksdb::Snapshot* const snapshot_;
  const size_t refused_max_;
  mutable std::atomic<size_t> refused_ = 0;
};

// The index chunks of a batch as they were then.
class SnapshotChunks final : public ChunkReader {
 public:
  // All outlive this object.
  SnapshotChunks(const SnapshotReader& reader,
                 rocksdb::ColumnFamilyHandle* family, BatchId batch)
      : reader_(reader), family_(family), batch_(batch) {}

  absl::Status Read(
      Column column, Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const override {
    rocksdb::PinnableSlice value;
    const absl::Status status =
        reader_.Get(family_, ColumnKey(batch_, column, part, key), value);
    if (absl::IsNotFound(status)) {
      return absl::DataLossError("missing index chunk");
    }
    if (!status.ok()) return status;
    return use(FromSlice(value));
  }

 private:
  const SnapshotReader& reader_;
  rocksdb::ColumnFamilyHandle* const family_;
  const BatchId batch_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SNAPSHOT_READER_H_
