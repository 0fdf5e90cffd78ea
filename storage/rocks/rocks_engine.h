// The product's engine: RocksDB on a local disk.
//
// Path of a write: the calling thread packs the request's records into one
// compressed block and looks up which of its traces are sealed; one committer
// thread gathers what is queued into one log entry with one synced write,
// appends to the open table, then acknowledges. A sealer thread moves idle
// traces, whole, into a bucket's column families together with their index.
// docs/on_disk_format.md has the bytes.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_H_

#include <memory>

#include "base/call.h"
#include "base/clock.h"
#include "storage/engine/backup_source.h"
#include "storage/engine/check_report.h"
#include "storage/engine/trace_engine.h"
#include "storage/rocks/rocks_engine_options.h"
#include "storage/settings/settings_store.h"

namespace roentgen::storage {

class RocksEngine : public TraceEngine,
                    public CheckedStore,
                    public BackupSource {
 public:
  // Opens or creates the store and recovers what was not sealed. `clock`
  // outlives the engine. Errors: see RocksDb::Open.
  static absl::StatusOr<std::unique_ptr<RocksEngine>> Open(
      RocksEngineOptions options, const Clock& clock);
  ~RocksEngine() override;

  EngineTraits traits() const override;
  void Write(std::span<IncomingRecord> records, const WriteOptions& options,
             WriteDone done) override;
  absl::StatusOr<std::vector<TraceRecords>> GetTraces(
      std::span<const TraceId> ids, const Call& call) override;
  absl::StatusOr<FindResult> Find(const FindRequest& request,
                                  const Call& call) override;
  absl::StatusOr<AggregateResult> Aggregate(const AggregateRequest& request,
                                            const Call& call) override;
  absl::StatusOr<GraphResult> Graph(const GraphRequest& request,
                                    const Call& call) override;
  absl::StatusOr<std::vector<Operation>> Operations(
      const OperationsRequest& request, const Call& call) override;
  absl::StatusOr<std::vector<std::string>> Services(const TimeRange& range,
                                                    const Call& call) override;
  absl::StatusOr<ServiceCalls> Calls(const TimeRange& range, CallSet set,
                                     const Call& call) override;
  std::unique_ptr<CommitWatch> Watch(CommitWatcher watcher) override;
  void SetGroups(const GroupTests& tests) override;
  absl::Status Retain() override;
  absl::Status Purge() override;
  absl::Status CatchUp(const Call& call) override;
  absl::Status Accepts() const override;
  absl::Status Exact() const override;
  EngineUsage Usage() const override;
  absl::Status Close() override;
  absl::StatusOr<CheckReport> Check(const CheckOptions& options,
                                    const Call& call) override;
  absl::StatusOr<std::unique_ptr<Backup>> TakeBackup() override;
  BackupStats Backups() const override;

  // In the same database, with the life of the engine.
  SettingsStore& settings();

  // Seals every open trace now.
  absl::Status SealAll();

 private:
  class Impl;
  explicit RocksEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_ENGINE_H_
