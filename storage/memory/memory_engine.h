// The reference engine: everything in memory, slow, obvious, complete.
//
// Other engines are compared with it. Also a store for throw-away servers
// (`store: memory`); nothing survives the process.
//
// Threads: thread-safe; one lock around everything.
#ifndef ROENTGEN_STORAGE_MEMORY_MEMORY_ENGINE_H_
#define ROENTGEN_STORAGE_MEMORY_MEMORY_ENGINE_H_

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "storage/engine/believed_time.h"
#include "storage/engine/commit_feed.h"
#include "storage/engine/trace_engine.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/record_resolution.h"
#include "trace/assembly/split_traces.h"
#include "trace/assembly/trace.h"

namespace roentgen::storage {

class MemoryEngine : public TraceEngine {
 public:
  // `clock` outlives the engine.
  MemoryEngine(const Clock& clock, absl::Duration retention,
               AssemblyRules rules = {})
      : time_(clock, retention), retention_(retention), rules_(rules) {}

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

 private:
  struct Item {
    StoredRecord record;
    RecordFacts facts;
  };
  struct Entry {
    std::vector<Item> items;
    size_t records = 0;
    size_t bytes = 0;  // Of documents and their contexts, equal ones once.
    std::set<uint32_t> contexts;  // Their hashes.
    // Ids of the groups that the trace belongs to.
    std::set<std::string> groups;
  };

  WriteOutcome Append(std::span<IncomingRecord> records);
  bool IsExpired(const std::vector<Item>& items) const RTG_REQUIRES(mu_);
  TraceRecords RecordsOf(const TraceId& id,
                         const std::vector<Item>& items) const;
  // Decides again which groups the trace is in.
  void Assign(const TraceId& id, Timestamp received,
              std::span<const GroupTest> tests) RTG_REQUIRES(mu_);
  // Links of the trace whose senders are stored.
  absl::StatusOr<std::vector<LinkEdge>> LinksOf(const Trace& trace,
                                                const Call& call) const
      RTG_REQUIRES(mu_);
  // Those of which some half begins in the range.
  std::vector<WholeTrace> FindSplit(const TimeRange& range) const
      RTG_REQUIRES(mu_);
  static TraceTimes TimesOfItems(const std::vector<Item>& items);
  // The trace's key in the order; nothing when it has none there.
  absl::StatusOr<std::optional<int64_t>> KeyOf(const TraceId& id,
                                               const std::vector<Item>& items,
                                               Timestamp time, FindOrder order,
                                               const Call& call) const;
  // FindRequest::counted.
  void Count(const FindRequest& request, FindResult& result) const
      RTG_REQUIRES(mu_);
  // Operations of traces of which something arrived in the range.
  absl::StatusOr<std::set<Operation>> OperationsIn(const TimeRange& range,
                                                   const Call& call) const
      RTG_REQUIRES(mu_);
  // Whether the trace is alive, and its time is in the range.
  std::optional<Timestamp> TimeInRange(const std::vector<Item>& items,
                                       TimeRangeType type,
                                       const TimeRange& range) const
      RTG_REQUIRES(mu_);

  BelievedTime time_;
  const absl::Duration retention_;
  const AssemblyRules rules_;
  mutable Mutex mu_;
  bool closed_ RTG_GUARDED_BY(mu_) = false;
  std::map<TraceId, Entry> traces_ RTG_GUARDED_BY(mu_);
  const GroupTests* tests_ RTG_GUARDED_BY(mu_) = nullptr;
  EngineUsage usage_ RTG_GUARDED_BY(mu_);
  CommitFeed feed_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MEMORY_MEMORY_ENGINE_H_
