// The traces of a batch, as far as they read, from what was salvaged.
//
// Threads: one per object.
#ifndef ROENTGEN_STORAGE_ROCKS_SALVAGED_BATCH_H_
#define ROENTGEN_STORAGE_ROCKS_SALVAGED_BATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/rocks/batch_rows.h"
#include "storage/rocks/salvage.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

class SalvagedBatch {
 public:
  // A row that counts, or may: one without a dead mark.
  struct Row {
    uint32_t ordinal = 0;
    // Nothing: it is lost whole, and so nobody knows whose it was.
    std::optional<TraceId> id = {};
    std::vector<StoredRecord> records = {};
    // Of which it is known that they are missing; nothing: not known how many.
    std::optional<uint64_t> lost = 0;
  };

  // `salvage` outlives this object. Errors: those of the disk.
  static absl::StatusOr<SalvagedBatch> Read(const Salvage& salvage, BatchId id);

  BatchId id() const { return id_; }
  // Nothing: it does not read.
  const std::optional<BatchHead>& head() const { return head_; }
  // Whether there are blocks that do not read.
  bool has_gaps() const;
  // Whether some locator names it.
  bool is_located() const { return !located_.empty(); }
  // Ascending.
  const std::vector<uint32_t>& ordinals() const { return ordinals_; }
  // Those that do not count.
  const std::set<uint32_t>& dead() const { return dead_; }
  // With its older records in other batches. Errors: those of the disk.
  absl::StatusOr<Row> Get(uint32_t ordinal) const;
  // By trace: ids of the groups that it belongs to.
  absl::StatusOr<std::map<TraceId, std::set<std::string>>> Groups() const;

 private:
  SalvagedBatch(const Salvage& salvage, BatchId id)
      : salvage_(&salvage), id_(id) {}

  absl::Status ReadHead();
  absl::Status ReadRows();
  absl::Status ReadBlocks();
  absl::StatusOr<std::optional<std::string>> Value(
      const std::string& key) const;
  std::optional<TraceId> IdOf(uint32_t ordinal) const;
  // A block, and a record in it.
  using Spot = std::pair<uint32_t, uint32_t>;

  std::optional<uint32_t> OrdinalOf(const TraceId& id) const;
  // Where the next row begins; nothing: nobody knows.
  std::optional<Spot> EndOf(uint32_t ordinal) const;
  // Those that read of the row, also behind blocks that do not.
  absl::Status Append(uint32_t ordinal, const RowPlace& place,
                      const TraceId& id,
                      std::vector<StoredRecord>& records) const;
  // Likewise, of a row in another batch.
  absl::Status AppendPiece(const Piece& piece, const TraceId& id,
                           std::vector<StoredRecord>& records) const;

  const Salvage* salvage_;
  BatchId id_;
  std::optional<BatchHead> head_;
  std::string ids_;
  std::set<uint32_t> dead_;
  std::map<uint32_t, TraceId> located_ids_;
  std::map<uint32_t, RowPlace> located_;
  std::map<uint32_t, std::vector<Piece>> earlier_;
  std::vector<uint32_t> ordinals_;
  ContextTable contexts_;
  std::vector<std::optional<RecordBlock>> blocks_;
  std::map<uint32_t, RowPlace> placed_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SALVAGED_BATCH_H_
