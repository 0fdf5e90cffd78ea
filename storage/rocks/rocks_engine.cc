#include "storage/rocks/rocks_engine.h"

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/periodic_job.h"
#include "base/status_macros.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/committer.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/finder.h"
#include "storage/rocks/graph_reader.h"
#include "storage/rocks/operation_reader.h"
#include "storage/rocks/recovery.h"
#include "storage/rocks/rocks_settings.h"
#include "storage/rocks/roll_up_store.h"
#include "storage/rocks/sealer.h"
#include "storage/rocks/trace_records.h"
#include "trace/assembly/memory_meter.h"

namespace roentgen::storage {
namespace {

// How often the background thread looks for work.
constexpr absl::Duration kTick = absl::Milliseconds(200);
// Quiet looks after which memtables are written out.
constexpr int kQuietTicksBeforeFlush = 25;

absl::Status Closed() { return absl::UnavailableError("store is closed"); }

// The answer of `read`. It begins to look after its time was taken, so that it
// sees all that was acknowledged before.
template <typename Read>
auto AsOfNow(const Call& call, Read read) {
  const Timestamp now = call.clock().Now();
  auto answer = read();
  if (answer.ok()) answer->scope.as_of = now;
  return answer;
}

}  // namespace

class RocksEngine::Impl {
 public:
  Impl(RocksEngineOptions options, const Clock& clock,
       std::unique_ptr<RocksDb> db, std::unique_ptr<Family> log)
      : state(std::move(options), clock, std::move(db), std::move(log)),
        settings(*state.db, state.gate),
        committer(state),
        sealer(state) {}

  ~Impl() { Close().IgnoreError(); /* Nobody is left to tell. */ }

  void Start() {
    started_ = true;
    commit_thread_ = std::thread([this] { committer.Run(); });
    background_.emplace(
        [this](const std::stop_token&) {
          WorkInBackground();
          return kTick;
        },
        kTick);
  }

  absl::Status Close() {
    MutexLock close_lock(close_mu_);
    // Never started: recovery failed, and what it left must not be sealed.
    if (state.closed || !started_) return absl::OkStatus();
    state.queue.Close();
    if (commit_thread_.joinable()) commit_thread_.join();
    background_->Stop();
    absl::Status status = Rest();
    state.closed = true;
    return status;
  }

  // Looks at the disk.
  bool HasRoom() {
    state.gate.Look().IgnoreError();  // Health tells.
    return state.gate.HasRoomToSeal();
  }

  EngineState state;
  RocksSettings settings;
  Committer committer;
  Sealer sealer;

 private:
  absl::Status Rest() {
    if (!HasRoom()) {
      LogWarn("closed without sealing, the log keeps what is open");
      return absl::OkStatus();
    }
    RTG_RETURN_IF_ERROR(sealer.Seal(true));
    return sealer.FlushAll();
  }

  void WorkInBackground() {
    const bool has_room = HasRoom();
    if (state.gate.IsShort()) Report(sealer.DropOldBuckets());
    if (!has_room) return;
    ProbeAfterError();
    Report(sealer.Seal(false));
    const uint64_t writes = state.unflushed_writes;
    quiet_ticks_ = writes == last_writes_ ? quiet_ticks_ + 1 : 0;
    last_writes_ = writes;
    if (quiet_ticks_ == kQuietTicksBeforeFlush && writes != 0) {
      Report(sealer.FlushAll());
    }
  }

  // RocksDB recovers from a full disk by itself and refuses writes until then.
  // An empty one tells when it is over, also when no client tries.
  void ProbeAfterError() {
    {
      MutexLock lock(state.health_mu);
      if (state.health.ok()) return;
    }
    MutexLock commit_lock(state.commit_mu);
    rocksdb::WriteBatch nothing;
    nothing.Delete("probe");
    state.SetHealth(state.db->Write(nothing, true, "while probing the disk"));
  }

  // A failure of background work shows in Health until a commit succeeds.
  void Report(const absl::Status& status) {
    if (!status.ok()) state.SetHealth(status);
  }

  // One Close at a time; the second waits for the first.
  Mutex close_mu_;
  bool started_ = false;  // Before any other thread.
  std::thread commit_thread_;
  // Of the background's thread.
  int quiet_ticks_ = 0;
  uint64_t last_writes_ = 0;
  std::optional<PeriodicJob> background_;
};

absl::StatusOr<std::unique_ptr<RocksEngine>> RocksEngine::Open(
    RocksEngineOptions options, const Clock& clock) {
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<RocksDb> db,
                       RocksDb::Open({.path = options.path,
                                      .memtable_bytes = options.memtable_bytes,
                                      .cache_bytes = options.cache_bytes / 2,
                                      .merge = MakeRollUpMerge(),
                                      .file_system = options.file_system}));
  std::unique_ptr<Family> log = db->TakeFamily(kLogFamily);
  if (log == nullptr) {
    RTG_ASSIGN_OR_RETURN(log, db->CreateFamily(kLogFamily));
  }
  auto impl = std::make_unique<Impl>(std::move(options), clock, std::move(db),
                                     std::move(log));
  RTG_RETURN_IF_ERROR(Recover(impl->state));
  impl->HasRoom();  // Reads go on whatever it says.
  impl->Start();
  return std::unique_ptr<RocksEngine>(new RocksEngine(std::move(impl)));
}

RocksEngine::RocksEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksEngine::~RocksEngine() = default;

void RocksEngine::Write(std::span<IncomingRecord> records,
                        const WriteOptions& options, WriteDone done) {
  absl::Status status = impl_->committer.Submit(records, options, done);
  if (!status.ok()) done({.status = std::move(status), .records = {}});
}

absl::StatusOr<std::vector<TraceRecords>> RocksEngine::GetTraces(
    std::span<const TraceId> ids, const Call& call) {
  EngineState& state = impl_->state;
  std::vector<TraceRecords> out;
  BlockReader reader;
  MemoryMeter meter(call);
  for (const TraceId& id : ids) {
    if (state.closed) return Closed();
    RTG_RETURN_IF_ERROR(call.Check());
    RTG_ASSIGN_OR_RETURN(std::optional<TraceRecords> trace,
                         ReadTraceRecords(state, id, reader, meter));
    if (trace) out.push_back(*std::move(trace));
  }
  return out;
}

absl::StatusOr<FindResult> RocksEngine::Find(const FindRequest& request,
                                             const Call& call) {
  if (impl_->state.closed) return Closed();
  return AsOfNow(call, [&] { return FindTraces(impl_->state, request, call); });
}

absl::StatusOr<AggregateResult> RocksEngine::Aggregate(
    const AggregateRequest& request, const Call& call) {
  if (impl_->state.closed) return Closed();
  return AsOfNow(call,
                 [&] { return AggregateTraces(impl_->state, request, call); });
}

absl::StatusOr<GraphResult> RocksEngine::Graph(const GraphRequest& request,
                                               const Call& call) {
  if (impl_->state.closed) return Closed();
  return AsOfNow(call, [&] { return ReadGraph(impl_->state, request, call); });
}

void RocksEngine::SetGroups(const GroupTests& tests) {
  impl_->state.groups = &tests;
}

absl::StatusOr<std::vector<Operation>> RocksEngine::Operations(
    const OperationsRequest& request, const Call& call) {
  if (impl_->state.closed) return Closed();
  return ReadOperations(impl_->state, request, call);
}

absl::StatusOr<std::vector<std::string>> RocksEngine::Services(
    const TimeRange& range, const Call& call) {
  if (impl_->state.closed) return Closed();
  return ReadServices(impl_->state, range, call);
}

absl::StatusOr<ServiceCalls> RocksEngine::Calls(const TimeRange& range,
                                                CallSet set, const Call& call) {
  if (impl_->state.closed) return Closed();
  return CountCalls(impl_->state, range, set, call);
}

absl::Status RocksEngine::Purge() {
  if (impl_->state.closed) return Closed();
  // It gives room back; into a folder of somebody else's it writes nothing.
  RTG_RETURN_IF_ERROR(impl_->state.gate.LookAtFolder());
  return impl_->sealer.Purge();
}

std::unique_ptr<CommitWatch> RocksEngine::Watch(CommitWatcher watcher) {
  return impl_->state.feed.Watch(std::move(watcher));
}

absl::Status RocksEngine::Retain() {
  if (impl_->state.closed) return Closed();
  // Traces that are due for sealing may be due for dropping, too.
  if (impl_->HasRoom()) {
    RTG_RETURN_IF_ERROR(impl_->sealer.Seal(false));
  }
  return impl_->sealer.DropOldBuckets();
}

SettingsStore& RocksEngine::settings() { return impl_->settings; }

absl::Status RocksEngine::SealAll() {
  if (impl_->state.closed) return Closed();
  return impl_->sealer.Seal(true);
}

EngineTraits RocksEngine::traits() const {
  return {.shared = false,
          .indexed = true,
          .exact_limits = true,
          .visibility = absl::ZeroDuration(),
          .traces_at_once = 8};
}

absl::Status RocksEngine::CatchUp(const Call& call) {
  if (impl_->state.closed) return Closed();
  return call.Check();  // Nobody else writes.
}

absl::Status RocksEngine::Accepts() const {
  const EngineState& state = impl_->state;
  if (state.closed) return Closed();
  RTG_RETURN_IF_ERROR(state.gate.Puts());
  MutexLock lock(state.health_mu);
  return state.health;
}

// What does not read is an error of its read.
absl::Status RocksEngine::Exact() const {
  return impl_->state.closed ? Closed() : absl::OkStatus();
}

EngineUsage RocksEngine::Usage() const {
  const EngineState& state = impl_->state;
  EngineUsage usage;
  state.live.Read([&](const OpenTable& table, const auto&) {
    usage.open_traces = table.traces().size();
    usage.open_records = table.records();
    usage.memory_bytes = table.bytes();
  });
  usage.memory_bytes += state.live.index_bytes();
  usage.queued_bytes = state.queue.bytes();
  usage.memory_bytes += usage.queued_bytes;
  const std::shared_ptr<const SealedView> view = state.sealed.View();
  usage.sealed_batches = view->batches.size();
  for (const auto& batch : view->batches) {
    usage.sealed_traces += batch->head.traces - batch->dead.size();
  }
  if (!view->buckets.empty()) {
    usage.oldest_bucket = view->buckets.front()->opened;
  }
  usage.disk_bytes = state.db->DiskBytes();
  usage.commits = state.commits;
  usage.records_written = state.records_written;
  usage.traces_reopened = state.traces_reopened;
  usage.buckets_dropped = state.buckets_dropped;
  usage.clock_doubted = state.time.Doubt() ? 1 : 0;
  return usage;
}

absl::Status RocksEngine::Close() { return impl_->Close(); }

}  // namespace roentgen::storage
