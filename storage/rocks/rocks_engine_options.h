// Settings of the RocksDB engine, with their defaults.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_OPTIONS_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "trace/model/record.h"

namespace rocksdb {
class FileSystem;
}

namespace roentgen::storage {

class MasterKeys;

struct RocksEngineOptions {
  std::string path;
  absl::Duration retention = absl::Hours(24 * 30);
  // Files above this make the oldest buckets go; 0 means no bound.
  uint64_t disk_budget_bytes = 0;
  // With less than this free on the disk nothing is taken; 0 means
  // limits::kDiskReserveMemtables times `memtable_bytes`.
  uint64_t disk_reserve_bytes = 0;

  size_t memtable_bytes = limits::kMemtableBytes;
  size_t cache_bytes = limits::kBlockCacheBytes;
  size_t open_table_bytes = limits::kOpenTableBytes;
  size_t queue_bytes = limits::kIngestQueueBytes;

  // A trace without news for so long may be sealed.
  absl::Duration seal_idle = absl::Seconds(15);
  // A trace open for so long is sealed even when news keep coming.
  absl::Duration seal_age_max = absl::Minutes(5);
  // Idle traces wait for a batch worth writing, but not longer than this.
  absl::Duration seal_wait_max = absl::Minutes(10);
  size_t seal_batch_records = 16'384;
  // A sealed trace of more records or bytes stays where it is when there is
  // news of it.
  size_t whole_trace_records = limits::kWholeTraceRecordsMax;
  size_t whole_trace_bytes = limits::kWholeTraceBytesMax;
  // A piece of such a trace stays there, too, when it has more than so many
  // times the records of all that come after it.
  size_t piece_ratio = 2;
  // Seal nothing before SetGroups: recovered traces would be in no group.
  bool await_groups = false;

  // How traces are put together.
  AssemblyRules rules = {};

  // Where the files are; null: the operating system's file system.
  std::shared_ptr<rocksdb::FileSystem> file_system;
  // The keys under which its files are encrypted; null: none are given.
  std::shared_ptr<const MasterKeys> keys;

  // After each try to open the store again, whose writing had failed; may be
  // empty.
  std::function<void(const absl::Status&)> on_reopen;
  // How long each synced write took; may be empty.
  std::function<void(absl::Duration)> on_sync;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_OPTIONS_H_
