// Writes on their way to the committer.
//
// Bounded by bytes: a push on full fails, which is how the engine pushes back.
// One caller fills three quarters of it at most (limits::kCallerSharePercent).
//
// Threads: thread-safe; one consumer.
#ifndef ROENTGEN_STORAGE_ROCKS_WRITE_QUEUE_H_
#define ROENTGEN_STORAGE_ROCKS_WRITE_QUEUE_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/caller.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "storage/engine/trace_engine.h"
#include "storage/record/context_table.h"
#include "storage/rocks/sealed_store.h"

namespace roentgen::storage {

// A request, packed.
struct PendingWrite {
  struct Record {
    TraceId trace_id;
    EntityId own_id;
    uint32_t document_bytes = 0;
    ContextPrint context;
  };

  std::shared_ptr<const std::string> block;
  std::vector<Record> records;
  // Of all that the sender sent: those that are stored are `records`, in their
  // order. Empty: all are.
  std::vector<RecordOutcome> outcomes;
  size_t traces = 0;  // Distinct ones among `records`.
  // What the calling thread found out: where those of its traces that were not
  // open are sealed, if they are.
  absl::flat_hash_map<TraceId, std::optional<SealedPlace>> probes;
  // Seals that had happened when the probes were made.
  uint64_t probe_generation = 0;
  size_t bytes = 0;
  Durability durability = Durability::kSynced;
  absl::Time deadline = absl::InfiniteFuture();
  CallerId caller = kNoCaller;
  TraceEngine::WriteDone done;
};

class WriteQueue {
 public:
  // The longest that a group waits for senders that the last one answered.
  static constexpr std::chrono::microseconds kRejoinTimeMax{300};

  explicit WriteQueue(size_t bytes_max,
                      std::chrono::nanoseconds rejoin_max = kRejoinTimeMax)
      : bytes_max_(bytes_max),
        share_max_(bytes_max / 100 * limits::kCallerSharePercent),
        rejoin_max_(rejoin_max) {}

  enum class PushResult { kQueued, kFull, kClosed };
  // Takes `write` only when the result is kQueued.
  PushResult Push(PendingWrite& write);

  // Waits for writes and takes up to limits::kCommitBytesMax of them, at
  // least one. Callers take turns, a write each; those of one keep their order.
  // Where all are Durability::kGathered it waits a little for more. Where the
  // last group had several that were not, it waits for their senders: a sync
  // costs more than all else that is done per group. Empty: the queue is closed
  // and drained.
  std::vector<PendingWrite> PopGroup();

  // Takes those whose deadline is before `now`.
  std::vector<PendingWrite> TakeExpired(absl::Time now);

  // The last group is about to be answered; its sync took that long. The next
  // one waits half of it at most.
  void BeforeAnswers(std::chrono::nanoseconds sync_time);

  void Close();
  size_t bytes() const;

 private:
  // Those of one caller, in order.
  using Line = std::deque<PendingWrite>;

  void Gather(size_t wanted, std::chrono::nanoseconds time) RTG_REQUIRES(mu_);
  bool HasRoom(const PendingWrite& write) const RTG_REQUIRES(mu_);
  // `write` leaves the queue.
  void Uncount(const PendingWrite& write) RTG_REQUIRES(mu_);

  const size_t bytes_max_;
  const size_t share_max_;
  const std::chrono::nanoseconds rejoin_max_;
  mutable Mutex mu_;
  CondVar changed_;
  absl::flat_hash_map<CallerId, Line> lines_ RTG_GUARDED_BY(mu_);
  // Callers who have some; whose turn comes first stands first.
  std::deque<CallerId> turns_ RTG_GUARDED_BY(mu_);
  size_t bytes_ RTG_GUARDED_BY(mu_) = 0;
  // Of callers who have some there.
  absl::flat_hash_map<CallerId, size_t> bytes_of_ RTG_GUARDED_BY(mu_);
  size_t urgent_ RTG_GUARDED_BY(mu_) = 0;  // Those that are kSynced.
  bool closed_ RTG_GUARDED_BY(mu_) = false;
  // How many urgent writes there must be for PopGroup to be woken.
  size_t wanted_ RTG_GUARDED_BY(mu_) = 0;
  // Of the last group: its urgent writes, those that came meanwhile, and how
  // long the next one waits.
  size_t last_urgent_ RTG_GUARDED_BY(mu_) = 0;
  size_t meanwhile_ RTG_GUARDED_BY(mu_) = 0;
  std::chrono::nanoseconds rejoin_ RTG_GUARDED_BY(mu_){0};
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_WRITE_QUEUE_H_
