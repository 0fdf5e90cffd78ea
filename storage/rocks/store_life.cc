#include "storage/rocks/store_life.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/rocks/recovery.h"
#include "storage/rocks/roll_up_store.h"

namespace roentgen::storage {
namespace {

// Quiet looks after which memtables are written out.
constexpr int kQuietTicksBeforeFlush = 25;
// How late a write may be answered whose deadline has passed.
constexpr absl::Duration kDeadlineTick = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<std::unique_ptr<StoreLife>> StoreLife::Open(
    const RocksEngineOptions& options, const Clock& clock,
    EngineShared& shared) {
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<RocksDb> db,
                       RocksDb::Open({.path = options.path,
                                      .memtable_bytes = options.memtable_bytes,
                                      .cache_bytes = options.cache_bytes / 2,
                                      .merge = MakeRollUpMerge(),
                                      .file_system = options.file_system,
                                      .keys = options.keys}));
  std::unique_ptr<Family> log = db->TakeFamily(kLogFamily);
  if (log == nullptr) {
    RTG_ASSIGN_OR_RETURN(log, db->CreateFamily(kLogFamily));
  }
  auto life = std::unique_ptr<StoreLife>(
      new StoreLife(options, clock, shared, std::move(db), std::move(log)));
  RTG_RETURN_IF_ERROR(Recover(life->state));
  life->HasRoom();  // Reads go on whatever it says.
  life->Start();
  return life;
}

void StoreLife::Start() {
  commit_thread_ = std::thread([this] { committer.Run(); });
  deadlines_.emplace(
      [this](const std::stop_token&) {
        committer.AnswerExpired();
        return kDeadlineTick;
      },
      kDeadlineTick);
}

void StoreLife::Stop() {
  state.queue.Close();
  if (commit_thread_.joinable()) commit_thread_.join();
  if (deadlines_) deadlines_->Stop();
}

absl::Status StoreLife::Rest() {
  if (!HasRoom()) {
    LogWarn("closed without sealing, the log keeps what is open");
    return absl::OkStatus();
  }
  RTG_RETURN_IF_ERROR(sealer.Seal(true));
  return sealer.FlushAll();
}

bool StoreLife::HasRoom() {
  state.gate.Look().IgnoreError();  // Health tells.
  return state.gate.HasRoomToSeal();
}

void StoreLife::Work() {
  const bool has_room = HasRoom();
  if (state.gate.IsShort()) state.NoteHealth(sealer.DropOldBuckets());
  if (!has_room) return;
  ProbeAfterError();
  if (broken_) return;
  StopDamagedCompactions();
  state.NoteHealth(sealer.Seal(false));
  const uint64_t writes = state.unflushed_writes;
  quiet_ticks_ = writes == last_writes_ ? quiet_ticks_ + 1 : 0;
  last_writes_ = writes;
  if (quiet_ticks_ == kQuietTicksBeforeFlush && writes != 0) {
    state.NoteHealth(sealer.FlushAll());
  }
}

void StoreLife::StopDamagedCompactions() {
  const std::vector<std::string> damaged = state.db->DamagedFamilies();
  if (damaged.empty()) return;
  const auto stop = [&](rocksdb::ColumnFamilyHandle* family) {
    if (std::find(damaged.begin(), damaged.end(), family->GetName()) ==
        damaged.end()) {
      return;
    }
    const absl::Status status = state.db->StopCompacting(family);
    if (!status.ok()) LogError("rocksdb", {{"error", status.ToString()}});
  };
  stop(state.db->db().DefaultColumnFamily());
  stop(state.log->get());
  const std::shared_ptr<const SealedView> view = state.sealed.View();
  for (const auto& bucket : view->buckets) {
    stop(bucket->locators->get());
    stop(bucket->batches->get());
  }
}

// RocksDB recovers from a full disk by itself and refuses writes until then.
// An empty one tells when it is over, also when no client tries. From other
// errors it does not recover.
void StoreLife::ProbeAfterError() {
  {
    MutexLock lock(state.health_mu);
    if (state.health.ok()) return;
  }
  MutexLock commit_lock(state.commit_mu);
  rocksdb::WriteBatch nothing;
  nothing.Delete("probe");
  bool no_space = false;
  const absl::Status status =
      state.db->Write(nothing, true, "while probing the disk", &no_space);
  broken_ = !status.ok() && !no_space;
  state.SetHealth(status);
}

}  // namespace roentgen::storage
