// The seam between Roentgen and whatever keeps its traces.
//
// An engine stores records (accepted documents), returns all records of a
// trace, and finds traces by time. It works at trace level so that a
// distributed engine can stand here later: no read-modify-write, no
// transactions, idempotent effects, deletion by age, a deadline on each call.
// What it cannot do is told by its traits; answers say what they do not know.
//
// What every engine must do (the suites of tests/storage/engine/contract.h
// prove it):
//  * Write: once `done` got OK, the records are durable (kSynced), and every
//    later GetTraces and Find on any thread sees them. All that is stored of a
//    write becomes so at once. A trace that is full costs its own records
//    alone, and all of those in the write: of a trace it brings all or nothing.
//  * Order: records get ascending sequences; two writes that one caller makes,
//    one after the other, keep that order.
//  * Find leaves out no match: every trace in range that matches the
//    predicate, each once, in order. It may return others, and says of which
//    traces it is certain. Aggregate counts only what it is certain of.
//  * Scope: an answer has all that was acknowledged before its `as_of`, which
//    is not before the call began, nor after it ended.
//  * Retention hides a trace once its newest record is older than the
//    retention period, whole and at once; space is given back later.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_
#define ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/caller.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "storage/engine/trace_predicate.h"
#include "trace/model/duration_histogram.h"
#include "trace/model/graph_figures.h"
#include "trace/model/ids.h"
#include "trace/model/operation.h"
#include "trace/model/orders.h"
#include "trace/model/record.h"
#include "trace/model/service_id.h"
#include "trace/model/trace_summary.h"

namespace roentgen::storage {

enum class Durability {
  kSynced,   // Acknowledged after the log is on stable storage.
  kGathered  // Nobody waits (UDP): may gather briefly before the sync.
};

// A record on its way in. What it points to need live until Write returns.
struct IncomingRecord {
  TraceId trace_id;
  RecordFormat format = RecordFormat::kXrayJson;
  RecordFacts facts;  // Write may take them.
  std::string_view document;
  // Of spans only.
  std::shared_ptr<const SpanContext> context = nullptr;
};
// Of records that somebody keeps meanwhile; takes their facts and contexts.
std::vector<IncomingRecord> ViewsOf(std::vector<NewRecord>& records);

struct WriteOptions {
  Durability durability = Durability::kSynced;
  absl::Time deadline = absl::InfiniteFuture();
  // Who writes: where writes wait, one caller has a share of the room.
  CallerId caller = kNoCaller;
};

enum class RecordOutcome : uint8_t {
  kStored,
  // Its trace has no room for what the write brings: records and their bytes
  // are limited. An engine may take a trace that is half full as full from then
  // on.
  kTraceFull
};

// What became of a write.
struct WriteOutcome {
  // Not OK: no record is stored (Unavailable: or all are, nobody knows).
  absl::Status status;
  // If OK: of each record, in their order. Empty: all are stored.
  std::vector<RecordOutcome> records;

  size_t refused() const;
};

// A trace's place in an ordering.
struct TracePosition {
  // Nanoseconds: since the epoch, or of the duration that is ordered by.
  int64_t key = 0;
  TraceId trace_id;

  friend bool operator==(const TracePosition&, const TracePosition&) = default;
};

// Largest first, ties by ascending id.
inline bool IsBefore(const TracePosition& a, const TracePosition& b) {
  if (a.key != b.key) return a.key > b.key;
  return a.trace_id < b.trace_id;
}

// Of which time an answer is, and what it could not ask.
struct AnswerScope {
  // All that was acknowledged before is in the answer; what came later may be.
  // By the call's clock. Max: nothing was asked.
  Timestamp as_of = Timestamp::Max();
  // Parts of the store that could not be asked, by name, ascending: if the
  // request is partial, and, also else, what is damaged for good.
  std::vector<std::string> missing;

  // Of an answer that is made of both.
  void Add(const AnswerScope& other);

  friend bool operator==(const AnswerScope&, const AnswerScope&) = default;
};

struct FindRequest {
  TimeRangeType time_type = TimeRangeType::kTraceId;
  TimeRange range;
  // Nothing: every trace.
  std::optional<TracePredicate> predicate;
  FindOrder order = FindOrder::kTime;
  // Only traces after this one, in result order.
  std::optional<TracePosition> after;
  size_t limit = 100;  // At least 1.
  // Summaries are wanted of the first so many traces that certainly match, as
  // far as they are known without reading the traces.
  size_t summaries = 0;
  // Says how many traces of this range, a part of `range`, the search passes:
  // see FindResult::passed. Nothing: does not count.
  std::optional<TimeRange> counted = {};
  // Takes an answer of the parts of the store that can be asked; else one that
  // cannot be is an error (Unavailable).
  bool partial = false;
};

struct FoundTrace {
  TracePosition position;
  // The predicate is known to hold; otherwise the caller has to look.
  bool certain = false;
  // By time, if asked for: FindResult::passed of a page that ends here.
  uint64_t passed = 0;

  friend bool operator==(const FoundTrace&, const FoundTrace&) = default;
};

// What a search touched.
struct FindStats {
  uint64_t batches = 0;          // Sealed, in the time range.
  uint64_t batches_skipped = 0;  // Of those: by order, filters or bounds.
  uint64_t chunks_read = 0;
  uint64_t bytes_read = 0;    // Of index chunks, packed.
  uint64_t rows_scanned = 0;  // Of index columns.
  uint64_t open_traces = 0;   // Looked at in memory.
  uint64_t open_indexed = 0;  // Of those: had changed since the last search.

  void Add(const FindStats& other);
};

struct FindResult {
  std::vector<FoundTrace> traces;
  // Empty, or one for each trace: what Summarize says of it, with its latest
  // accepted update as `matched_event_time`. Nothing: read the trace.
  // All of them take a quarter of the call's memory at most.
  std::vector<std::optional<TraceSummary>> summaries;
  // Whether more traces follow the last one.
  bool more = false;
  // How many traces of FindRequest::counted there are, whatever they match,
  // from `after` to the last one of these, or to the end of the range if there
  // are no more. All that have the time of the last one count, and none that
  // has the time of `after`: so pages that follow each other count each trace
  // once. In another order than time it is all of the range, on each page, and
  // costs a look at columns that the search itself would not read.
  uint64_t passed = 0;
  FindStats stats;
  AnswerScope scope;
};

enum class GroupBy { kNone, kService, kUrl, kUser, kAnnotation };

// What the traces of a group have in common: a service for kService, a value
// otherwise.
struct GroupKey {
  ServiceId service;
  AnnotationValue value;

  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

// How many traces, and how long they took; those without a duration are
// counted only.
struct TraceFigures {
  uint64_t traces = 0;
  DurationHistogram durations;

  void Add(std::optional<absl::Duration> duration);
  void Add(const TraceFigures& other);
  // A trace whose duration is in that bin of DurationHistogram.
  void AddToBin(uint32_t bin) {
    ++traces;
    durations.AddToBin(bin);
  }
};

struct AggregateRequest {
  TimeRangeType time_type = TimeRangeType::kTraceId;
  TimeRange range;
  std::optional<TracePredicate> predicate;
  GroupBy group_by = GroupBy::kNone;
  std::string annotation_key;  // For kAnnotation.
  bool partial = false;        // As of a FindRequest.
};

struct AggregateResult {
  TraceFigures total;
  // A trace is in every group it has a value of.
  std::map<GroupKey, TraceFigures> groups;
  // Traces that are in none of the figures: the caller has to look at each
  // and add it where it belongs.
  std::vector<TraceId> unsure;
  FindStats stats;
  AnswerScope scope;
};

// A group's expression, for as long as it was in force: traces whose newest
// record was received in `in_force` belong to the group if they meet it.
struct GroupTest {
  std::string group_id;  // Never of another group, even of the same name.
  TimeRange in_force;
  TracePredicate predicate;  // What an index can tell.
  // Decides where the predicate does not. Thread-safe.
  std::function<absl::StatusOr<bool>(const TraceRecords&)> matches;
};

// Which groups traces belong to. A trace's groups are those of its state after
// its newest record; they do not change when an expression does.
class GroupTests {
 public:
  virtual ~GroupTests() = default;

  // Of all groups but Default, as far back as a trace may be unsealed.
  // Thread-safe; must not call the engine.
  virtual std::vector<GroupTest> Tests() const = 0;
};

// Figures of the service map. An observation counts at the second in which it
// ended, by its own time.
struct GraphRequest {
  TimeRange range;  // Whole seconds.
  // Zero: all of the range in one. Else whole minutes, counted from the epoch;
  // periods that hang over the range's ends hold only what is in the range.
  absl::Duration period;
  // Only traces of the group with this id; empty: every trace.
  std::string group_id;
  // Only traces that match; nothing: every trace. Without `group_id` only.
  std::optional<TracePredicate> predicate;
  bool partial = false;  // As of a FindRequest.
};

struct GraphResult {
  // By the begin of their periods, in seconds since the epoch; without a
  // period, by the begin of the range. Empty ones are left out.
  std::map<int64_t, GraphFigures> periods;
  // Traces that may match the predicate and are in no figure: the caller has
  // to look at each and add it.
  std::vector<TraceId> unsure;
  FindStats stats;
  AnswerScope scope;
};

// Memory of figures and unsure traces, about, in bytes.
size_t MemoryOf(const AggregateResult& result);
// Likewise of a summary.
size_t MemoryOf(const TraceSummary& summary);

struct EngineUsage {
  uint64_t disk_bytes = 0;
  uint64_t memory_bytes = 0;  // Open traces and queued writes.
  uint64_t open_traces = 0;
  uint64_t open_records = 0;
  uint64_t sealed_batches = 0;
  uint64_t sealed_traces = 0;
  uint64_t queued_bytes = 0;     // Writes that wait for their commit.
  uint64_t commits = 0;          // Since start.
  uint64_t records_written = 0;  // Since start.
  uint64_t traces_reopened = 0;  // Since start.
  uint64_t buckets_dropped = 0;  // Since start.
  // How often the store was opened again because its writing had failed.
  uint64_t reopened = 0;
  // Sealed batches that answers lack, for they are damaged (AnswerScope).
  uint64_t damaged_batches = 0;
  // 1 while the time of day is not believed (BelievedTime): nothing expires.
  uint64_t clock_doubted = 0;
  std::optional<Timestamp> oldest_bucket;
};

// Ends a watch when it goes.
class CommitWatch {
 public:
  virtual ~CommitWatch() = default;
};

// What an engine can do. The values of a new one promise least.
struct EngineTraits {
  // Other processes write to the store, too.
  bool shared = false;
  // Answers predicates and figures from an index; else it says of all in range
  // that it is unsure.
  bool indexed = false;
  // A full trace is refused before the acknowledgement; else about then.
  bool exact_limits = false;
  // How late records of other processes are seen, usually.
  absl::Duration visibility = absl::ZeroDuration();
  // For one GetTraces.
  size_t traces_at_once = 8;
};

// Which operations are asked for.
struct OperationsRequest {
  // Of this service only; nothing: of all.
  std::optional<std::string> service;
  // Of this kind only; nothing: of all.
  std::optional<std::string> kind;
  // Of traces of which something arrived then; others may be among them.
  TimeRange range;
  size_t limit = limits::kOperationsAnswerMax;
};

class TraceEngine {
 public:
  virtual ~TraceEngine() = default;

  // The same as long as the engine lives.
  virtual EngineTraits traits() const = 0;

  using WriteDone = std::function<void(WriteOutcome)>;

  // Stores the records whose traces have room for them, as one unit. `done`
  // runs exactly once, on any thread (also before Write returns), and must not
  // block. Errors: ResourceExhausted when the write queue is full, Unavailable
  // when closing or the disk refuses, DeadlineExceeded when the deadline passed
  // before the commit began.
  virtual void Write(std::span<IncomingRecord> records,
                     const WriteOptions& options, WriteDone done) = 0;

  // Records of each id that is stored and not expired, in order of `ids`;
  // absent ids are left out. Ids are distinct. The memory of the call bounds
  // these records together. Errors: ResourceExhausted when they take more, said
  // before they are read; DeadlineExceeded, Cancelled.
  virtual absl::StatusOr<std::vector<TraceRecords>> GetTraces(
      std::span<const TraceId> ids, const Call& call) = 0;

  // Traces of the range that may match the predicate, in order.
  // Errors: ResourceExhausted when the search needs more memory than it may
  // use; Unavailable when a part of the store cannot be asked;
  // DeadlineExceeded, Cancelled.
  virtual absl::StatusOr<FindResult> Find(const FindRequest& request,
                                          const Call& call) = 0;

  // Figures over all traces of the range that match the predicate.
  // Errors: as Find.
  virtual absl::StatusOr<AggregateResult> Aggregate(
      const AggregateRequest& request, const Call& call) = 0;

  // Figures of the service map: exact as of their scope.
  // Errors: as Find.
  virtual absl::StatusOr<GraphResult> Graph(const GraphRequest& request,
                                            const Call& call) = 0;

  // Operations of the traces that are stored, and maybe of some that are gone;
  // ascending, each once, the first ones up to the limit. Of one day no more
  // than limits::kOperationsPerBucketMax are known, and beyond these one of
  // each service that has none among them.
  virtual absl::StatusOr<std::vector<Operation>> Operations(
      const OperationsRequest& request, const Call& call) = 0;
  // Names of the services that have operations in the range; as Operations.
  virtual absl::StatusOr<std::vector<std::string>> Services(
      const TimeRange& range, const Call& call) = 0;

  // Calls between services in traces whose earliest start is in the range.
  virtual absl::StatusOr<ServiceCalls> Calls(const TimeRange& range,
                                             CallSet set, const Call& call) = 0;

  // Told of every commit, after it is visible and in order: the traces that
  // changed. Runs on the thread that commits: must be quick, must not call
  // the engine.
  using CommitWatcher = std::function<void(std::span<const TraceId>)>;

  // `watcher` is called until the returned handle is gone; its destructor
  // waits for a call that is running.
  virtual std::unique_ptr<CommitWatch> Watch(CommitWatcher watcher) = 0;

  // From now on traces are assigned to these groups. Called once, before the
  // first write; `tests` outlives the engine. Without it no trace is in a
  // group.
  virtual void SetGroups(const GroupTests& tests) = 0;

  // Applies retention and the disk budget now, and gives space back.
  virtual absl::Status Retain() = 0;

  // Forgets every trace, for tests of clients. Writes that wait meanwhile come
  // after it.
  virtual absl::Status Purge() = 0;

  // Returns once later calls see all that anybody was acknowledged before this
  // one. Errors: Unavailable when closed or when others cannot be asked;
  // those of Call::Check.
  virtual absl::Status CatchUp(const Call& call) = 0;

  // OK while the engine accepts writes: send it some.
  virtual absl::Status Accepts() const = 0;
  // OK while answers have all that was acknowledged.
  virtual absl::Status Exact() const = 0;

  virtual EngineUsage Usage() const = 0;

  // Refuses new writes, finishes queued ones, brings everything to rest on
  // disk. Idempotent. Every call after it returns Unavailable.
  virtual absl::Status Close() = 0;
};

// Write for callers that wait.
WriteOutcome WriteForOutcome(TraceEngine& engine,
                             std::vector<NewRecord> records,
                             const WriteOptions& options = {});
// OK when all are stored; ResourceExhausted also when some trace is full.
absl::Status WriteAndWait(TraceEngine& engine, std::vector<NewRecord> records,
                          Durability durability = Durability::kSynced,
                          absl::Time deadline = absl::InfiniteFuture());

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_
