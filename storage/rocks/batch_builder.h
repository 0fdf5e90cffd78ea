// Open traces -> the blocks, locators and columns of a sealed batch.
//
// Threads: one thread per builder; nothing is written here.
#ifndef ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_
#define ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/index_format.h"
#include "storage/record/record_block.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/open_table.h"

namespace roentgen::storage {

// Restores documents of open records; parses each block once.
class BlockReader {
 public:
  absl::StatusOr<StoredRecord> Read(const OpenRecord& record);

 private:
  absl::flat_hash_map<const std::string*, std::unique_ptr<RecordBlock>> blocks_;
};

// A sealed trace's records as open ones again, in a block of their own.
absl::StatusOr<std::vector<OpenRecord>> ToOpenRecords(
    const TraceId& id, const std::vector<StoredRecord>& records);

struct TraceToSeal {
  TraceId id;
  std::vector<OpenRecord> records;
};

struct BuiltBatch {
  BatchHead head;  // `through_commit` is the caller's to set.
  std::vector<std::string> blocks;
  std::vector<Locator> locators;  // One per trace; `batch` is not set.
  std::vector<IndexChunk> chunks;
};

// `traces` in ascending order of id. Errors: DataLoss when a record does not
// decode.
absl::StatusOr<BuiltBatch> BuildBatch(const std::vector<TraceToSeal>& traces);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_
