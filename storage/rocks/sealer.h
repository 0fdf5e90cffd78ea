// Moves idle traces from the open table into sealed batches, and drops
// buckets that retention or the disk budget asks for.
//
// Threads: thread-safe; calls wait for one another.
#ifndef ROENTGEN_STORAGE_ROCKS_SEALER_H_
#define ROENTGEN_STORAGE_ROCKS_SEALER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "rocksdb/write_batch.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/trace_records.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class Sealer {
 public:
  // `state` outlives this object.
  explicit Sealer(EngineState& state) : state_(state) {}

  // Seals what is due; all open traces when `all`.
  absl::Status Seal(bool all);

  // Drops buckets whose newest record is past retention, then, oldest first,
  // what the disk budget does not hold. Where there is no room to seal, as the
  // last look at the disk said, only those that need no seal before.
  absl::Status DropOldBuckets();

  // Forgets every trace.
  absl::Status Purge();

  // Writes all memtables out, so that no write-ahead log is left.
  absl::Status FlushAll();

 private:
  void SayWhatIsHeldBack(Timestamp newest) RTG_REQUIRES(state_.seal_mu);
  // What the full disk lets be dropped was tried, and failed.
  bool IsDropHopeless() RTG_REQUIRES(state_.seal_mu);
  absl::StatusOr<bool> DropBucket(const Bucket& bucket)
      RTG_REQUIRES(state_.seal_mu);
  // `older`: as of DecidePieces.
  absl::Status SealBatch(const std::shared_ptr<const Bucket>& bucket,
                         std::vector<TraceToSeal> traces, Unread older)
      RTG_REQUIRES(state_.seal_mu);
  absl::Status WriteBlocks(const Bucket& bucket, BatchId id,
                           const BuiltBatch& built);
  absl::Status Publish(std::shared_ptr<const Bucket> bucket, BatchId id,
                       const std::vector<TraceToSeal>& traces,
                       BuiltBatch& built, std::set<BatchId>& unread,
                       rocksdb::WriteBatch& batch) RTG_REQUIRES(state_.seal_mu);
  // `unread`: batches whose index could not be read, and is not asked again.
  void TakeSuperseded(const std::vector<TraceToSeal>& traces, int64_t sign,
                      std::set<BatchId>& unread, rocksdb::WriteBatch& batch);
  absl::Status PutPlaces(const SealedBatch& sealed,
                         const std::vector<uint32_t>& ordinals, int64_t sign,
                         rocksdb::WriteBatch& batch);
  absl::Status KeepOut(const Bucket& bucket,
                       const std::vector<TraceToSeal>& traces,
                       const std::vector<uint32_t>& dead, BuiltBatch& built,
                       std::set<BatchId>& unread, rocksdb::WriteBatch& batch);
  absl::StatusOr<std::shared_ptr<const Bucket>> BucketForSeal();
  // A trace that cannot be sealed now: it waits, and the others do not.
  void HoldBack(const TraceId& id, const absl::Status& why)
      RTG_REQUIRES(state_.seal_mu);
  absl::Status TrimLog() RTG_REQUIRES(state_.seal_mu);

  EngineState& state_;
  // Traces that are held back, and until when, by Clock::Elapsed.
  std::map<TraceId, absl::Duration> held_ RTG_GUARDED_BY(state_.seal_mu);
  bool said_held_back_ RTG_GUARDED_BY(state_.seal_mu) = false;
  bool drop_failed_ RTG_GUARDED_BY(state_.seal_mu) = false;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SEALER_H_
