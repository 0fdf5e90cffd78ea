// One opening of the database and what works on it: from recovery until it is
// closed. When its writing has failed, the engine opens another one.
//
// Threads: what is public is thread-safe, but for Start and Stop, which one
// thread calls, once. It has two threads of its own: of commits, and one that
// answers writes whose deadline passes.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_LIFE_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_LIFE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/periodic_job.h"
#include "storage/rocks/committer.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/rocks_engine_options.h"
#include "storage/rocks/sealer.h"

namespace roentgen::storage {

class StoreLife {
 public:
  // Recovers what was not sealed, and starts. `clock` and `shared` outlive it.
  // Errors: see RocksDb::Open.
  static absl::StatusOr<std::unique_ptr<StoreLife>> Open(
      const RocksEngineOptions& options, const Clock& clock,
      EngineShared& shared);
  // Ends as a crash would: what is open stays in the log.
  ~StoreLife() { Stop(); }

  // Commits what is queued and refuses more.
  void Stop();
  // Seals and writes out, where there is room. After Stop.
  absl::Status Rest();

  // What has to be done now and then, by one thread.
  void Work();
  // Looks at the disk.
  bool HasRoom();
  // Whether writes fail for another reason than want of room, as Work saw:
  // RocksDB takes none any more, also when its disk is well.
  bool IsBroken() const { return broken_; }

  EngineState state;
  Committer committer;
  Sealer sealer;

 private:
  StoreLife(const RocksEngineOptions& options, const Clock& clock,
            EngineShared& shared, std::unique_ptr<RocksDb> db,
            std::unique_ptr<Family> log)
      : state(options, clock, shared, std::move(db), std::move(log)),
        committer(state),
        sealer(state) {}

  void Start();
  void ProbeAfterError();
  void StopDamagedCompactions();

  std::thread commit_thread_;
  std::optional<PeriodicJob> deadlines_;
  std::atomic<bool> broken_{false};
  // Of Work's thread.
  int quiet_ticks_ = 0;
  uint64_t last_writes_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_LIFE_H_
