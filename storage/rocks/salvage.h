// Collects what reads of a damaged store in a store of its own, in order, where
// the repair finds it.
//
// Where RocksDB opens the damaged store, it says which files are in use, and
// what was deleted; where it does not, every file that is there is read, and
// what was deleted may be back.
//
// Threads: one per object.
#ifndef ROENTGEN_STORAGE_ROCKS_SALVAGE_H_
#define ROENTGEN_STORAGE_ROCKS_SALVAGE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/repair_report.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/rocks_engine_options.h"

namespace roentgen::storage {

class Salvage {
 public:
  // Reads the folder of `damaged`, which nobody may have open, and changes
  // nothing in it. `folder`: where to collect; made here, removed at the end of
  // this object's life. Errors: FailedPrecondition when it is in use, or holds
  // no store; Unavailable when files cannot be read or written.
  static absl::StatusOr<std::unique_ptr<Salvage>> Collect(
      const RocksEngineOptions& damaged, const std::string& folder,
      const std::function<void(RepairNote)>& tell);
  ~Salvage();

  RocksDb& db() const { return *db_; }
  // Settings, marks and buckets, by the keys that they had.
  rocksdb::ColumnFamilyHandle* meta() const { return meta_->get(); }
  // Commits, by the keys that they had.
  rocksdb::ColumnFamilyHandle* log() const { return log_->get(); }
  // Blocks, columns, heads and dead marks of all buckets, likewise.
  rocksdb::ColumnFamilyHandle* batches() const { return batches_->get(); }
  // Locators, by PlaceKey.
  rocksdb::ColumnFamilyHandle* places() const { return places_->get(); }
  // For the repair's own use.
  rocksdb::ColumnFamilyHandle* lost() const { return lost_->get(); }

  // Of every batch of which something was found.
  const std::map<BatchId, BucketId>& buckets() const { return buckets_; }
  // Whether everything that sealed batches had is here.
  bool is_whole() const { return is_whole_; }

  // Likewise of settings, marks and buckets.
  bool is_meta_whole() const { return is_meta_whole_; }
  // Tables are gone, or do not read at all: nobody knows what they had.
  bool has_gone_tables() const { return has_gone_tables_; }

  absl::Status Put(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                   std::string_view value);
  absl::Status Flush();

  static std::string PlaceKey(BatchId batch, uint32_t ordinal,
                              std::string_view trace_id);

 private:
  friend class Collector;
  Salvage() = default;

  std::string folder_;
  std::unique_ptr<RocksDb> db_;
  std::unique_ptr<Family> meta_, log_, batches_, places_, lost_;
  std::map<BatchId, BucketId> buckets_;
  bool is_whole_ = true;
  bool is_meta_whole_ = false;
  bool has_gone_tables_ = false;
  rocksdb::WriteBatch pending_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SALVAGE_H_
