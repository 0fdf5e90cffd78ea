// Looks at one sealed batch: its blocks, where its traces are said to lie, and
// whether its index says what their records say.
//
// Threads: one per check.
#ifndef ROENTGEN_STORAGE_ROCKS_BATCH_CHECK_H_
#define ROENTGEN_STORAGE_ROCKS_BATCH_CHECK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/batch_rows.h"
#include "storage/rocks/check_notes.h"
#include "storage/rocks/column_compare.h"
#include "storage/rocks/sealed_store.h"
#include "storage/rocks/snapshot_reader.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// A batch as its bucket tells of it.
struct BatchToCheck {
  BatchId id = 0;
  BatchHead head;
  std::vector<uint32_t> dead;  // Ascending.
  // Some of those were of records in other batches, too: which, nobody knows.
  bool dead_in_pieces = false;
  uint64_t locators = 0;  // That name it.
};

class BatchCheck {
 public:
  // Whether a later bucket has a place of the trace that counts. Unknown: one
  // was dropped since.
  enum class Elsewhere { kNo, kYes, kUnknown };
  using IsElsewhere =
      std::function<absl::StatusOr<Elsewhere>(const TraceId& trace)>;

  // All outlive this object.
  BatchCheck(const SnapshotReader& reader, const Bucket& bucket,
             const std::map<BatchId, BatchToCheck>& batches,
             AssemblyRules rules, const IsElsewhere& is_elsewhere,
             const Call& call, CheckNotes& notes)
      : reader_(reader),
        bucket_(bucket),
        batches_(batches),
        rules_(rules),
        is_elsewhere_(is_elsewhere),
        call_(call),
        notes_(notes) {}

  // Errors: those of the call and of `is_elsewhere`; what is damaged is noted.
  absl::Status Run(const BatchToCheck& batch);

 private:
  // Of the batch that is looked at.
  struct Looked {
    const BatchToCheck& batch;
    ContextTable contexts;
    std::vector<std::optional<RecordBlock>> blocks;
    std::string ids;  // Empty: they do not read.
    // By ordinal, of those that count.
    std::map<uint32_t, RowPlace> located;
    // Older records of those, in other batches.
    std::map<uint32_t, std::vector<Piece>> earlier;
    bool whole = true;  // All blocks and contexts read.
  };

  void Add(const Looked& looked, FindingKind kind, std::string text,
           std::optional<TraceId> trace = {});
  absl::Status Pass(const absl::Status& status) const;

  // Of a batch's spans. Errors: DataLoss, and those of the disk.
  absl::StatusOr<ContextTable> ReadContexts(BatchId batch) const;
  absl::Status ReadBlocks(Looked& looked);
  absl::Status ReadIds(Looked& looked);
  absl::Status CheckLocators(Looked& looked);
  absl::Status CheckLive(Looked& looked, uint32_t ordinal, const TraceId& id,
                         const std::optional<Locator>& place);
  absl::Status CheckDead(Looked& looked, const TraceId& id);
  absl::Status NameForeign(Looked& looked);
  absl::Status CheckIndex(Looked& looked);
  absl::StatusOr<std::optional<std::vector<StoredRecord>>> RecordsOf(
      Looked& looked, const RowPlace& place, const TraceId& id, bool counts);
  // Nothing: they do not read, which is noted.
  absl::StatusOr<std::optional<std::vector<StoredRecord>>> ReadEarlier(
      Looked& looked, const std::vector<Piece>& pieces, const TraceId& id);
  void Compare(Looked& looked, const BuiltBatch& built,
               const std::vector<uint32_t>& ordinals);
  void CompareBytes(Looked& looked, const BuiltBatch& built,
                    const SnapshotChunks& chunks);

  const SnapshotReader& reader_;
  const Bucket& bucket_;
  const std::map<BatchId, BatchToCheck>& batches_;
  const AssemblyRules rules_;
  const IsElsewhere& is_elsewhere_;
  const Call& call_;
  CheckNotes& notes_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BATCH_CHECK_H_
