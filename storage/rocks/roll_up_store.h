// Roll-ups of the service map: what was sealed, summed up per minute,
// ten minutes and hour.
//
// A seal adds its figures with RocksDB's merge, so that nothing is read; what
// it supersedes is taken away in the same write. Values:
// storage/graph/roll_up.h.
//
// Threads: RollUpChanges: one thread. Reading is thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_ROLL_UP_STORE_H_
#define ROENTGEN_STORAGE_ROCKS_ROLL_UP_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/write_batch.h"
#include "storage/graph/roll_up.h"
#include "storage/index/column_source.h"
#include "storage/index/group_rows.h"
#include "storage/index/trace_bitmap.h"
#include "storage/model/graph_figures.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/sealed_store.h"

namespace roentgen::storage {

// Signed figures on their way into the roll-ups of their buckets.
class RollUpChanges {
 public:
  // Adds what the columns say of the traces to the figures of every trace and
  // of each group; takes it away with `sign` -1.
  // Errors: those of the source; figures are then added in part.
  absl::Status Add(const std::shared_ptr<const Bucket>& bucket,
                   ColumnSource& source, const TraceBitmap& traces,
                   std::span<const GroupRows> groups, int64_t sign);

  // Takes over the changes of `other`.
  void Add(RollUpChanges other);

  void PutInto(rocksdb::WriteBatch& batch) const;

 private:
  struct BucketOrder {
    bool operator()(const std::shared_ptr<const Bucket>& a,
                    const std::shared_ptr<const Bucket>& b) const {
      return a->id < b->id;
    }
  };
  // Per minute, by bucket and group; of every trace under no id.
  std::map<std::shared_ptr<const Bucket>, std::map<std::string, GraphPeriods>,
           BucketOrder>
      minutes_;
};

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
