// Roll-ups of the service map: what was sealed, summed up per minute,
// ten minutes and hour.
//
// A seal adds its figures with RocksDB's merge, so that nothing is read; what
// it supersedes is taken away in the same write. Values:
// trace/graph/roll_up.h.
//
// Threads: thread-safe, but for what callers hand in.
#ifndef ROENTGEN_STORAGE_ROCKS_ROLL_UP_STORE_H_
#define ROENTGEN_STORAGE_ROCKS_ROLL_UP_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/write_batch.h"
#include "storage/index/column_source.h"
#include "storage/index/group_rows.h"
#include "storage/index/trace_bitmap.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/sealed_store.h"
#include "trace/graph/roll_up.h"

namespace roentgen::storage {

// Adds to `batch` the merges of what the columns say of the traces: into the
// roll-ups of every trace and of each group; of its negative with `sign` -1.
// Errors: those of the source; `batch` has then got a part.
absl::Status PutRollUps(const Bucket& bucket, ColumnSource& source,
                        const TraceBitmap& traces,
                        std::span<const GroupRows> groups, int64_t sign,
                        rocksdb::WriteBatch& batch);

// Calls `use` with each roll-up of the seconds begin .. end-1, which are whole
// units of the level (a place in kRollUpUnits), ascending.
// Errors: those of the disk and of `use`.
absl::Status ReadRollUps(
    RocksDb& db, const rocksdb::Snapshot* snapshot, const Bucket& bucket,
    std::string_view group_id, uint8_t level, int64_t begin, int64_t end,
    const std::function<absl::Status(const RollUpSpan&, std::string_view)>&
        use);

// For batch families.
std::shared_ptr<rocksdb::MergeOperator> MakeRollUpMerge();

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROLL_UP_STORE_H_
