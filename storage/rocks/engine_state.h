// What the parts of the RocksDB engine share.
//
// Locks, taken in this order:
//   seal_mu    one seal, bucket change or shutdown at a time
//   commit_mu  the log and the open table change only under it
//   open_index_mu  the index of open traces; never together with commit_mu
//   publish_mu  shared by who needs what is on disk and in memory to agree
//   table_mu   readers of the open table share it; held for memory work only
//
// A search that holds table_mu sees each trace once: seals change the open
// table and the sealed view together, under the writer side.
#ifndef ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_
#define ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "storage/engine/believed_time.h"
#include "storage/engine/commit_feed.h"
#include "storage/live/full_traces.h"
#include "storage/live/open_index.h"
#include "storage/live/open_table.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/rocks_engine_options.h"
#include "storage/rocks/sealed_store.h"
#include "storage/rocks/write_gate.h"
#include "storage/rocks/write_queue.h"

namespace roentgen::storage {

struct EngineState {
  EngineState(RocksEngineOptions o, const Clock& c, std::unique_ptr<RocksDb> d,
              std::unique_ptr<Family> l)
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
        open_index(options.rules) {}

  const RocksEngineOptions options;
  // For deadlines; what is stored or goes by its age has `time`.
  const Clock& clock;
  BelievedTime time;
  const std::unique_ptr<RocksDb> db;
  std::unique_ptr<Family> log;
  WriteGate gate;
  SealedStore sealed;
  WriteQueue queue;

  Mutex seal_mu;
  Mutex commit_mu;
  uint64_t next_commit RTG_GUARDED_BY(commit_mu) = 1;
  // First commit that may still be in the log.
  uint64_t log_begin RTG_GUARDED_BY(commit_mu) = 0;

  // Before table_mu: one search at a time looks at the open traces; others wait
  // for it by turns, within their deadlines.
  static constexpr std::chrono::milliseconds kOpenIndexTurn{20};
  TimedMutex open_index_mu;
  OpenIndex open_index RTG_GUARDED_BY(open_index_mu);

  // Held while a seal is written and shown: before table_mu. Whoever shares it
  // sees roll-ups and traces of the same seals.
  mutable SharedMutex publish_mu;

  mutable SharedMutex table_mu;
  OpenTable table RTG_GUARDED_BY(table_mu);
  // Sealed places of open traces: their rows there do not count.
  absl::flat_hash_map<TraceId, SealedPlace> reopened RTG_GUARDED_BY(table_mu);
  FullTraces full_traces;
  // Seals so far: tells whether an earlier look-up may be outdated.
  std::atomic<uint64_t> seal_generation{0};

  // Null: there are none. Set once, before the first write.
  std::atomic<const GroupTests*> groups{nullptr};

  CommitFeed feed;

  std::atomic<bool> closed{false};
  std::atomic<size_t> open_index_bytes{0};
  std::atomic<uint64_t> commits{0};
  std::atomic<uint64_t> records_written{0};
  std::atomic<uint64_t> traces_reopened{0};
  std::atomic<uint64_t> buckets_dropped{0};
  // Commits that some memtable may still hold.
  std::atomic<uint64_t> unflushed_writes{0};

  mutable Mutex health_mu;
  absl::Status health RTG_GUARDED_BY(health_mu);

  void SetHealth(absl::Status status) {
    MutexLock lock(health_mu);
    health = std::move(status);
  }

  std::vector<GroupTest> Groups() const {
    const GroupTests* tests = groups;
    return tests == nullptr ? std::vector<GroupTest>() : tests->Tests();
  }

  // Records older than this are hidden.
  Timestamp Cutoff() const { return time.ForExpiry() - options.retention; }

  // What the next start has to know, as it is now.
  void PutMarks(rocksdb::WriteBatch& batch) RTG_REQUIRES(seal_mu, commit_mu) {
    sealed.NoteProgress(next_commit, time.ForExpiry());
    sealed.PutMarks(batch);
  }
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ENGINE_STATE_H_
