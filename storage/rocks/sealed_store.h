// The sealed side of the store: buckets, their batches, and what is in them.
//
// A bucket is what retention drops at once: two column families. A batch is
// what one seal wrote. A trace lies in at most one batch that counts; older
// copies are marked dead.
//
// Threads: reads are thread-safe, and so is noting damage; Load and all other
// changes are made by one thread at a time (the engine's sealer, or its
// constructor).
#ifndef ROENTGEN_STORAGE_ROCKS_SEALED_STORE_H_
#define ROENTGEN_STORAGE_ROCKS_SEALED_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "rocksdb/write_batch.h"
#include "storage/engine/trace_engine.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/index_format.h"
#include "storage/index/text_dictionary.h"
#include "storage/live/kept_graph.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/lru_cache.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {

struct Bucket {
  BucketId id = 0;
  Timestamp opened;  // Start of the day it is for, or of its own making.
  std::unique_ptr<Family> locators;
  std::unique_ptr<Family> batches;
};

struct SealedBatch {
  std::shared_ptr<const Bucket> bucket;
  BatchId id = 0;
  BatchHead head;
  // Ordinals of traces that live elsewhere by now; ascending.
  std::vector<uint32_t> dead;
};

// A consistent view: buckets oldest first, batches in order of sealing.
struct SealedView {
  std::vector<std::shared_ptr<const Bucket>> buckets;
  std::vector<std::shared_ptr<const SealedBatch>> batches;
  // Batches that are left out of searches, for their index is damaged. Their
  // traces can still be read.
  std::vector<std::shared_ptr<const SealedBatch>> damaged;

  // Null: it is not there.
  const SealedBatch* FindBatch(BatchId id) const;
  // Calls fn(const SealedBatch&) with all of both.
  template <typename Fn>
  void ForEachBatch(Fn fn) const {
    for (const auto& batch : batches) fn(*batch);
    for (const auto& batch : damaged) fn(*batch);
  }
};

struct SealedPlace {
  std::shared_ptr<const Bucket> bucket;
  Locator locator;
};

// The index chunks of a batch.
class SealedChunks final : public ChunkReader {
 public:
  // All outlive this object.
  // `asked`: where what searches ask of every batch is kept: filters and small
  // dictionaries.
  SealedChunks(RocksDb& db, const SealedBatch& batch,
               LruCache<std::string>& asked)
      : db_(db), batch_(batch), asked_(asked) {}

  absl::Status Read(
      Column column, Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const override;

 private:
  RocksDb& db_;
  const SealedBatch& batch_;
  LruCache<std::string>& asked_;
};

// The value at OperationsKey.
std::string PackOperations(const std::vector<std::string>& keys);
// Errors: DataLoss.
absl::StatusOr<std::vector<std::string>> UnpackOperations(
    std::string_view stored);

class SealedStore {
 public:
  // `db` outlives this object. `cache_bytes`: for what is kept unpacked.
  SealedStore(RocksDb& db, size_t cache_bytes)
      : db_(db),
        view_(std::make_shared<SealedView>()),
        asked_(cache_bytes / 4),
        directories_(cache_bytes * 7 / 24),
        blocks_(cache_bytes / 4),
        graphs_(cache_bytes / 6),
        contexts_(cache_bytes / 24) {}

  // Reads buckets and batch heads; drops families that belong to no bucket.
  absl::Status Load();

  std::shared_ptr<const SealedView> View() const;

  // Where the trace is sealed; nothing when it is not.
  absl::StatusOr<std::optional<SealedPlace>> Locate(const TraceId& id) const;

  // A parsed block; searches read many traces of the same ones.
  absl::StatusOr<std::shared_ptr<const RecordBlock>> ReadBlock(
      const Bucket& bucket, BatchId batch, uint32_t block) const;
  // The same as it is stored.
  absl::Status ReadStoredBlock(const Bucket& bucket, BatchId batch,
                               uint32_t block,
                               rocksdb::PinnableSlice& value) const;
  // What the spans of a batch have in common; empty when it has no spans.
  absl::StatusOr<std::shared_ptr<const ContextTable>> ReadContexts(
      const Bucket& bucket, BatchId batch) const;

  // What columns the batch has.
  absl::StatusOr<std::shared_ptr<const IndexDirectory>> Directory(
      const SealedBatch& batch) const;

  SealedChunks Chunks(const SealedBatch& batch) const {
    return {db_, batch, asked_};
  }

  // --- Damage ---
  // Of work on the index of a batch, whose status is handed through. DataLoss
  // makes the batch suspect, and then, for a read may be at fault, leaves it
  // out of the view. Whoever got it begins again (AroundDamage).
  absl::Status NoteDamage(const SealedBatch& batch, absl::Status status);
  // The same of the bucket's roll-ups, which are not read any more then.
  absl::Status NoteRollUpDamage(const Bucket& bucket, absl::Status status);
  bool IsSuspect(const SealedBatch& batch) const;
  bool HasDamagedRollUps(const Bucket& bucket) const;
  // How often damage was noted; for AroundDamage.
  uint64_t damage_noted() const { return damage_noted_; }

  // What batches add to the service map; the graph reader keeps it here.
  LruCache<KeptGraph>& graphs() const { return graphs_; }

  // A number that no batch had, also none that was not finished.
  BatchId TakeBatchId() { return marks_.next_batch++; }

  const StoreMarks& marks() const { return marks_; }
  void NoteProgress(uint64_t next_commit, uint64_t log_begin,
                    uint64_t last_commit, Timestamp latest);
  // Adds to the batch that numbers taken so far, and those of commits noted,
  // are not used again, whatever the next start finds. Goes with the first
  // write that uses a number.
  void PutMarks(rocksdb::WriteBatch& batch) const;

  // The newest bucket; made when there is none or `make_new`.
  absl::StatusOr<std::shared_ptr<const Bucket>> CurrentBucket(Timestamp now,
                                                              bool make_new);

  // Operations of the columns that the bucket has none of yet, as their keys
  // (operation.h), as far as there is room for them.
  std::vector<std::string> NewOperations(const Bucket& bucket,
                                         const TextDictionary& seen) const;
  void AddOperations(const Bucket& bucket, std::vector<std::string> keys);
  // Calls `visit` with the keys of operations of which a trace may have arrived
  // in the range; with some several times. Holds no lock meanwhile.
  void VisitOperations(
      const TimeRange& range,
      const std::function<void(std::string_view key)>& visit) const;

  // Makes a batch, of a number that was taken, part of the view. Its keys are
  // already written.
  void AddBatch(SealedBatch batch, const std::vector<SealedPlace>& superseded);

  // Removes the bucket from the view and its data from disk. Readers that
  // still hold it finish undisturbed.
  absl::Status DropBucket(const Bucket& bucket);

  // Bytes of a bucket's files and memtables, about.
  uint64_t BucketBytes(const Bucket& bucket) const;
  // Arrival of the newest record in the bucket, as its clock said; when it is
  // empty, the beginning of the bucket. Where later buckets say that the clock
  // was ahead then, their beginning.
  Timestamp NewestRecord(const Bucket& bucket, Timestamp now) const;

 private:
  absl::Status LoadMarks();
  absl::Status LoadBuckets(SealedView& view);
  absl::Status LoadBatches(const std::shared_ptr<const Bucket>& bucket,
                           SealedView& view);
  absl::Status FindUsedBatches(const Bucket& bucket);
  absl::Status LoadOperations(const Bucket& bucket);
  // Calls change(SealedView&) with a copy of the view, which becomes the view.
  template <typename Fn>
  void ChangeView(Fn change) RTG_EXCLUDES(mu_) {
    MutexLock lock(mu_);
    auto view = std::make_shared<SealedView>(*view_);
    change(*view);
    view_ = std::move(view);
  }

  RocksDb& db_;
  StoreMarks marks_;
  bool marks_found_ = false;  // Else a program without them wrote the store.
  mutable Mutex mu_;
  std::shared_ptr<const SealedView> view_ RTG_GUARDED_BY(mu_);
  std::atomic<uint64_t> damage_noted_{0};
  std::set<BatchId> suspects_ RTG_GUARDED_BY(mu_);
  std::set<BucketId> damaged_roll_ups_ RTG_GUARDED_BY(mu_);
  // Lists do not change once they are here: whoever reads them keeps them.
  using OperationList = std::shared_ptr<const std::vector<std::string>>;
  struct KnownOperations {
    std::vector<OperationList> lists;
    std::set<std::string_view> keys;  // Of those.
    size_t bytes = 0;

    bool HasService(std::string_view key) const;
  };
  std::map<BucketId, KnownOperations> operations_ RTG_GUARDED_BY(mu_);
  // By their keys, which no two batches share.
  mutable LruCache<std::string> asked_;
  mutable LruCache<IndexDirectory> directories_;
  mutable LruCache<RecordBlock> blocks_;
  mutable LruCache<KeptGraph> graphs_;
  mutable LruCache<ContextTable> contexts_;
};

// Sorts what answers call the batches that they lack, and keeps
// limits::kDamagesNamedMax of the names; of the others, their count.
void BoundMissing(std::vector<std::string>& names);

// Reads an answer, again and again until no more damage is noted: what is
// damaged is left out or read in another way then.
template <typename Read>
auto AroundDamage(const SealedStore& sealed, Read read) {
  while (true) {
    const uint64_t before = sealed.damage_noted();
    auto answer = read();
    if (!absl::IsDataLoss(answer.status()) || sealed.damage_noted() == before) {
      return answer;
    }
  }
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SEALED_STORE_H_
