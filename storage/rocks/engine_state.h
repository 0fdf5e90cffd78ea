// What the parts of the RocksDB engine share.
//
// Locks, taken in this order:
//   seal_mu    one seal, bucket change or shutdown at a time
//   commit_mu  the log and the open table change only under it
//   those of LiveTraces; its index never together with commit_mu
//
// A search sees each trace once: seals change the open table and the sealed
// view in one LiveTraces::Publish.
#ifndef ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_
#define ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/private_status.h"
#include "storage/engine/believed_time.h"
#include "storage/engine/commit_feed.h"
#include "storage/live/live_traces.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/rocks_engine_options.h"
#include "storage/rocks/sealed_store.h"
#include "storage/rocks/table_shares.h"
#include "storage/rocks/write_gate.h"
#include "storage/rocks/write_queue.h"

namespace roentgen::storage {

// What goes on when the database is opened again.
struct EngineShared {
  // Null: there are none. Set once, before the first write.
  std::atomic<const GroupTests*> groups{nullptr};
  CommitFeed feed;
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> records_written{0};
  std::atomic<uint64_t> traces_reopened{0};
  std::atomic<uint64_t> buckets_dropped{0};
};

// Of a write. What does not read of the store is no fault of the sender's, who
// may try again.
inline absl::Status AsWriteError(absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  return PrivateStatus(absl::UnavailableError(status.message()));
}

struct EngineState {
  EngineState(RocksEngineOptions o, const Clock& c, EngineShared& s,
              std::unique_ptr<RocksDb> d, std::unique_ptr<Family> l)
      : options(std::move(o)),
        clock(c),
        time(c, options.retention),
        db(std::move(d)),
        log(std::move(l)),
        gate(*db, options.disk_reserve_bytes != 0
                      ? options.disk_reserve_bytes
                      : limits::kDiskReserveMemtables * options.memtable_bytes),
        sealed(*db, options.cache_bytes / 2),
        queue(options.queue_bytes),
        live(options.rules),
        groups(s.groups),
        feed(s.feed),
        commits(s.commits),
        records_written(s.records_written),
        traces_reopened(s.traces_reopened),
        buckets_dropped(s.buckets_dropped) {}

  const RocksEngineOptions options;
  // For deadlines; what is stored or goes by its age has `time`.
  const Clock& clock;
  BelievedTime time;
  const std::unique_ptr<RocksDb> db;
  std::unique_ptr<Family> log;
  WriteGate gate;
  SealedStore sealed;
  WriteQueue queue;
  TableShares shares;  // The committer writes.

  Mutex seal_mu RTG_ACQUIRED_BEFORE(commit_mu);
  Mutex commit_mu;
  uint64_t next_commit RTG_GUARDED_BY(commit_mu) = 1;
  // First commit that may still be in the log.
  uint64_t log_begin RTG_GUARDED_BY(commit_mu) = 0;
  // Of those that succeeded; 0: none.
  uint64_t last_commit RTG_GUARDED_BY(commit_mu) = 0;

  LiveTraces<SealedPlace> live;

  // Of EngineShared.
  std::atomic<const GroupTests*>& groups;
  CommitFeed& feed;
  std::atomic<uint64_t>& commits;
  std::atomic<uint64_t>& records_written;
  std::atomic<uint64_t>& traces_reopened;
  std::atomic<uint64_t>& buckets_dropped;

  std::atomic<bool> closed{false};
  // Since when, by Clock::Elapsed, a commit has been under way, ns; 0: none is.
  std::atomic<int64_t> committing_since{0};
  // Commits that some memtable may still hold.
  std::atomic<uint64_t> unflushed_writes{0};

  mutable Mutex health_mu;
  absl::Status health RTG_GUARDED_BY(health_mu);

  // Unavailable when a commit takes so long that the disk seems to hang.
  absl::Status CheckStall() const {
    const int64_t since = committing_since;
    if (since == 0 || clock.Elapsed() - absl::Nanoseconds(since) <
                          absl::Seconds(limits::kCommitStallSeconds)) {
      return absl::OkStatus();
    }
    return absl::UnavailableError("a commit has been under way for more than " +
                                  std::to_string(limits::kCommitStallSeconds) +
                                  " seconds");
  }

  void SetHealth(absl::Status status) {
    MutexLock lock(health_mu);
    health = std::move(status);
  }

  // Of work that writes: what failed shows in the health until writes succeed.
  void NoteHealth(const absl::Status& status) {
    if (!status.ok()) SetHealth(OwnCopy(status));
  }

  std::vector<GroupTest> Groups() const {
    const GroupTests* tests = groups;
    return tests == nullptr ? std::vector<GroupTest>() : tests->Tests();
  }

  // Records older than this are hidden.
  Timestamp Cutoff() const { return time.ForExpiry() - options.retention; }

  // What the next start has to know, as it is now; the log without what the
  // batch takes out of it.
  void PutMarks(rocksdb::WriteBatch& batch, uint64_t begin)
      RTG_REQUIRES(seal_mu, commit_mu) {
    sealed.NoteProgress(next_commit, begin, last_commit, time.ForExpiry());
    sealed.PutMarks(batch);
  }
  void PutMarks(rocksdb::WriteBatch& batch) RTG_REQUIRES(seal_mu, commit_mu) {
    PutMarks(batch, log_begin);
  }
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_
