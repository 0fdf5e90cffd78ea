// The seam between Roentgen and whatever keeps its traces.
//
// An engine stores records (accepted documents), returns all records of a
// trace, and finds traces by time. It works at trace level so that a
// distributed engine can stand here later: no read-modify-write, no
// transactions, idempotent effects, deletion by age, a deadline on each call.
// Assembly, summaries and filters are built above it from records.
//
// What every engine must do (tests/storage/engine/trace_engine_contract.h
// proves it):
//  * Write: once `done` got OK, the records are durable (kSynced), and every
//    later GetTraces and Find on any thread sees them. All of a batch or
//    nothing.
//  * Order: records get ascending sequences; two batches written one after
//    the other by one caller keep that order.
//  * Find is exact: every trace in range, each once, newest first, ties by
//    ascending trace id.
//  * Retention hides a trace once its newest record is older than the
//    retention period, whole and at once; space is given back later.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_
#define ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "storage/model/ids.h"
#include "storage/model/record.h"

namespace roentgen::storage {

enum class Durability {
  kSynced,   // Acknowledged after the log is on stable storage.
  kGathered  // Nobody waits (UDP): may gather briefly before the sync.
};

// Which time of a trace a search goes by.
enum class TimeRangeType {
  kTraceId,  // Earliest start of any entity.
  kEvent,    // Latest accepted update.
  kService   // Latest end among completed segments.
};

// A trace's place in an ordering by time.
struct TracePosition {
  Timestamp time;
  TraceId trace_id;

  friend bool operator==(const TracePosition&, const TracePosition&) = default;
};

// Newest first, ties by ascending id.
inline bool IsBefore(const TracePosition& a, const TracePosition& b) {
  if (a.time != b.time) return a.time > b.time;
  return a.trace_id < b.trace_id;
}

struct FindRequest {
  TimeRangeType time_type = TimeRangeType::kTraceId;
  TimeRange range;
  // Only traces after this one, in result order.
  std::optional<TracePosition> after;
  size_t limit = 100;  // At least 1.
};

struct FindResult {
  std::vector<TracePosition> traces;
  // Whether more traces follow the last one.
  bool more = false;
};

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
  std::optional<Timestamp> oldest_bucket;
};

class TraceEngine {
 public:
  virtual ~TraceEngine() = default;

  using WriteDone = std::function<void(absl::Status)>;

  // Stores `records` as one unit. `done` runs exactly once, on any thread
  // (also before Write returns), and must not block.
  // Errors: ResourceExhausted when the write queue is full or a trace is at
  // its record limit, Unavailable when closing or the disk refuses,
  // DeadlineExceeded when `deadline` passed before the commit began.
  virtual void Write(std::vector<NewRecord> records, Durability durability,
                     absl::Time deadline, WriteDone done) = 0;

  // Whether the trace is known to take no more records. Cheap, for callers that
  // can refuse one document instead of a whole write; may say false for a full
  // trace until a write to it was refused.
  virtual bool AtLimit(const TraceId& id) const = 0;

  // Records of each id that is stored and not expired, in order of `ids`;
  // absent ids are left out. Ids are distinct.
  virtual absl::StatusOr<std::vector<TraceRecords>> GetTraces(
      std::span<const TraceId> ids, absl::Time deadline) = 0;

  virtual absl::StatusOr<FindResult> Find(const FindRequest& request,
                                          absl::Time deadline) = 0;

  // Applies retention and the disk budget now, and gives space back.
  virtual absl::Status Retain() = 0;

  // OK while the engine accepts writes and every answer is exact.
  virtual absl::Status Health() const = 0;

  virtual EngineUsage Usage() const = 0;

  // Refuses new writes, finishes queued ones, brings everything to rest on
  // disk. Idempotent. Every call after it returns Unavailable.
  virtual absl::Status Close() = 0;
};

// Write for callers that wait.
absl::Status WriteAndWait(TraceEngine& engine, std::vector<NewRecord> records,
                          Durability durability = Durability::kSynced,
                          absl::Time deadline = absl::InfiniteFuture());

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_TRACE_ENGINE_H_
