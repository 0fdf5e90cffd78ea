#include "storage/rocks/rocks_engine.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/periodic_job.h"
#include "base/status_macros.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/finder.h"
#include "storage/rocks/graph_reader.h"
#include "storage/rocks/operation_reader.h"
#include "storage/rocks/rocks_settings.h"
#include "storage/rocks/store_backup.h"
#include "storage/rocks/store_check.h"
#include "storage/rocks/store_holder.h"
#include "storage/rocks/store_life.h"
#include "storage/rocks/trace_records.h"
#include "trace/assembly/memory_meter.h"

namespace roentgen::storage {
namespace {

// How often the background thread looks for work.
constexpr absl::Duration kTick = absl::Milliseconds(200);

absl::Status Closed() { return absl::UnavailableError("store is closed"); }

// The answer of `read`. It begins to look after its time was taken, so that it
// sees all that was acknowledged before.
template <typename Read>
auto AsOfNow(const EngineState& state, const Call& call, Read read) {
  const Timestamp now = call.clock().Now();
  auto answer = AroundDamage(state.sealed, read);
  if (answer.ok()) answer->scope.as_of = now;
  return answer;
}

}  // namespace

class RocksEngine::Impl {
 public:
  Impl(RocksEngineOptions o, const Clock& c)
      : options(std::move(o)),
        clock(c),
        settings(store),
        backups(options.file_system, options.path, c) {}

  ~Impl() { Close().IgnoreError(); /* Nobody is left to tell. */ }

  absl::Status Open() {
    RTG_ASSIGN_OR_RETURN(std::unique_ptr<StoreLife> life,
                         StoreLife::Open(options, clock, shared));
    store.Put(std::move(life));
    const absl::Status left = backups.RemoveLeftovers();
    if (!left.ok()) {
      LogWarn("what a backup held when the server ended is still on the disk",
              {{"error", left.ToString()}});
    }
    background_.emplace(
        [this](const std::stop_token&) {
          WorkInBackground();
          return kTick;
        },
        kTick);
    return absl::OkStatus();
  }

  absl::Status Close() {
    MutexLock close_lock(close_mu_);
    // Never opened: recovery failed, and what it left must not be sealed.
    if (!background_) return absl::OkStatus();
    // Nobody opens it again after this.
    background_->Stop();
    background_.reset();
    const auto life = store.Get();
    if (!life.ok()) return absl::OkStatus();
    (*life)->Stop();
    absl::Status status = (*life)->Rest();
    (*life)->state.closed = true;
    return status;
  }

  // Errors: Unavailable when it is closed or being opened again.
  absl::StatusOr<StoreHolder::Use> Get() {
    RTG_ASSIGN_OR_RETURN(StoreHolder::Use life, store.Get());
    if (life->state.closed) return Closed();
    return life;
  }

  const RocksEngineOptions options;
  const Clock& clock;
  EngineShared shared;
  StoreHolder store;
  RocksSettings settings;
  StoreBackups backups;
  std::atomic<uint64_t> reopened{0};

 private:
  void WorkInBackground() {
    bool broken = true;
    {
      const auto life = store.Get();
      if (life.ok()) {
        (*life)->Work();
        broken = (*life)->IsBroken();
      }
    }
    if (!broken) {
      next_try_.reset();
      // It was well for as long as it was waited for.
      if (clock.Elapsed() - opened_at_ > wait_) wait_ = kWaitMin;
      return;
    }
    const absl::Duration now = clock.Elapsed();
    if (!next_try_) next_try_ = now + wait_;
    if (now < *next_try_) return;
    wait_ = std::min(wait_ * 2, kWaitMax);
    next_try_ = now + wait_;
    const absl::Status status = OpenAgain();
    if (!status.ok()) {
      LogError("the store cannot be written to, and cannot be opened again yet",
               {{"error", status.ToString()}});
    }
    if (options.on_reopen) options.on_reopen(status);
  }

  // What could not be written may be there afterwards, or not: nobody was told
  // that it is.
  absl::Status OpenAgain() {
    {
      const auto life = store.Get();
      if (life.ok()) {
        // While the disk is not well, it is still good for reads.
        RTG_RETURN_IF_ERROR((*life)->state.gate.Look());
        RTG_RETURN_IF_ERROR((*life)->state.db->TryDisk());
      }
    }
    LogWarn("the store is opened again, for it takes no writes any more");
    // RocksDB closes before it is opened.
    store.TakeAway("the store is being opened again after an error of its disk")
        .reset();
    RTG_ASSIGN_OR_RETURN(std::unique_ptr<StoreLife> life,
                         StoreLife::Open(options, clock, shared));
    store.Put(std::move(life));
    settings.OnReopened();
    opened_at_ = clock.Elapsed();
    ++reopened;
    LogInfo("the store is open again");
    return absl::OkStatus();
  }

  static constexpr absl::Duration kWaitMin =
      absl::Seconds(limits::kReopenSecondsMin);
  static constexpr absl::Duration kWaitMax =
      absl::Seconds(limits::kReopenSecondsMax);

  // One Close at a time; the second waits for the first.
  Mutex close_mu_;
  // Of the background's thread.
  std::optional<absl::Duration> next_try_;  // By Clock::Elapsed.
  absl::Duration wait_ = kWaitMin;
  absl::Duration opened_at_ = -absl::InfiniteDuration();
  std::optional<PeriodicJob> background_;
};

absl::StatusOr<std::unique_ptr<RocksEngine>> RocksEngine::Open(
    RocksEngineOptions options, const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  RTG_RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<RocksEngine>(new RocksEngine(std::move(impl)));
}

RocksEngine::RocksEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksEngine::~RocksEngine() = default;

void RocksEngine::Write(std::span<IncomingRecord> records,
                        const WriteOptions& options, WriteDone done) {
  absl::Status status = [&]() -> absl::Status {
    RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
    return store->committer.Submit(records, options, done);
  }();
  if (status.ok()) return;
  done({.status = AsWriteError(std::move(status)), .records = {}});
}

absl::StatusOr<std::vector<TraceRecords>> RocksEngine::GetTraces(
    std::span<const TraceId> ids, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  EngineState& state = store->state;
  std::vector<TraceRecords> out;
  BlockReader reader;
  MemoryMeter meter(call);
  for (const TraceId& id : ids) {
    RTG_RETURN_IF_ERROR(call.Check());
    RTG_ASSIGN_OR_RETURN(std::optional<TraceRecords> trace,
                         ReadTraceRecords(state, id, reader, meter));
    if (trace) out.push_back(*std::move(trace));
  }
  return out;
}

absl::StatusOr<FindResult> RocksEngine::Find(const FindRequest& request,
                                             const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return AsOfNow(store->state, call,
                 [&] { return FindTraces(store->state, request, call); });
}

absl::StatusOr<AggregateResult> RocksEngine::Aggregate(
    const AggregateRequest& request, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return AsOfNow(store->state, call,
                 [&] { return AggregateTraces(store->state, request, call); });
}

absl::StatusOr<GraphResult> RocksEngine::Graph(const GraphRequest& request,
                                               const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return AsOfNow(store->state, call,
                 [&] { return ReadGraph(store->state, request, call); });
}

void RocksEngine::SetGroups(const GroupTests& tests) {
  impl_->shared.groups = &tests;
}

absl::StatusOr<std::vector<Operation>> RocksEngine::Operations(
    const OperationsRequest& request, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return ReadOperations(store->state, request, call);
}

absl::StatusOr<std::vector<std::string>> RocksEngine::Services(
    const TimeRange& range, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return ReadServices(store->state, range, call);
}

absl::StatusOr<ServiceCalls> RocksEngine::Calls(const TimeRange& range,
                                                CallSet set, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return AroundDamage(store->state.sealed, [&] {
    return CountCalls(store->state, range, set, call);
  });
}

absl::Status RocksEngine::Purge() {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  // It gives room back; into a folder of somebody else's it writes nothing.
  RTG_RETURN_IF_ERROR(store->state.gate.LookAtFolder());
  absl::Status purged = store->sealer.Purge();
  store->state.NoteHealth(purged);
  return purged;
}

std::unique_ptr<CommitWatch> RocksEngine::Watch(CommitWatcher watcher) {
  return impl_->shared.feed.Watch(std::move(watcher));
}

absl::Status RocksEngine::Retain() {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  // Traces that are due for sealing may be due for dropping, too.
  if (store->HasRoom()) {
    RTG_RETURN_IF_ERROR(store->sealer.Seal(false));
  }
  return store->sealer.DropOldBuckets();
}

SettingsStore& RocksEngine::settings() { return impl_->settings; }

absl::StatusOr<CheckReport> RocksEngine::Check(const CheckOptions& options,
                                               const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use life, impl_->Get());
  CheckOptions watched = options;
  watched.progress = [&](const CheckReport& report) -> absl::Status {
    if (life->IsBroken() || life->state.closed) {
      return absl::UnavailableError("the store is closed or opened again");
    }
    return options.progress ? options.progress(report) : absl::OkStatus();
  };
  const EngineState& state = life->state;
  return CheckStore(*state.db, *state.log, state.sealed, state.options.rules,
                    watched, call);
}

absl::Status RocksEngine::SealAll() {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return store->sealer.Seal(true);
}

EngineTraits RocksEngine::traits() const {
  return {.shared = false,
          .indexed = true,
          .exact_limits = true,
          .visibility = absl::ZeroDuration(),
          .traces_at_once = 8};
}

absl::Status RocksEngine::CatchUp(const Call& call) {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  return call.Check();  // Nobody else writes.
}

absl::Status RocksEngine::Accepts() const {
  RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
  const EngineState& state = store->state;
  RTG_RETURN_IF_ERROR(state.gate.Puts());
  RTG_RETURN_IF_ERROR(state.CheckStall());
  MutexLock lock(state.health_mu);
  return OwnCopy(state.health);
}

// What does not read is an error of its read.
absl::Status RocksEngine::Exact() const { return impl_->Get().status(); }

EngineUsage RocksEngine::Usage() const {
  EngineUsage usage;
  usage.commits = impl_->shared.commits;
  usage.records_written = impl_->shared.records_written;
  usage.traces_reopened = impl_->shared.traces_reopened;
  usage.buckets_dropped = impl_->shared.buckets_dropped;
  usage.reopened = impl_->reopened;
  const auto store = impl_->store.Get();
  if (!store.ok()) return usage;
  const EngineState& state = (*store)->state;
  state.live.Read([&](const OpenTable& table, const auto&) {
    usage.open_traces = table.traces().size();
    usage.open_records = table.records();
    usage.memory_bytes = table.bytes();
  });
  usage.memory_bytes += state.live.index_bytes();
  usage.queued_bytes = state.queue.bytes();
  usage.memory_bytes += usage.queued_bytes;
  const std::shared_ptr<const SealedView> view = state.sealed.View();
  usage.sealed_batches = view->batches.size() + view->damaged.size();
  usage.damaged_batches = view->damaged.size();
  view->ForEachBatch([&](const SealedBatch& batch) {
    usage.sealed_traces += batch.head.traces - batch.dead.size();
  });
  if (!view->buckets.empty()) {
    usage.oldest_bucket = view->buckets.front()->opened;
  }
  usage.disk_bytes = state.db->DiskBytes();
  usage.clock_doubted = state.time.Doubt() ? 1 : 0;
  return usage;
}

absl::Status RocksEngine::Close() { return impl_->Close(); }

absl::StatusOr<std::unique_ptr<Backup>> RocksEngine::TakeBackup() {
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<StoreBackup> backup,
                       impl_->backups.Begin());
  {
    RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, impl_->Get());
    RTG_RETURN_IF_ERROR(backup->Link(store->state));
  }
  RTG_RETURN_IF_ERROR(backup->List());
  return std::unique_ptr<Backup>(std::move(backup));
}

BackupStats RocksEngine::Backups() const { return impl_->backups.Stats(); }

}  // namespace roentgen::storage
