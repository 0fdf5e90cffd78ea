// One pass over the index: the traces that are open, then the sealed batches
// of a time range, newest first.
//
// Threads: one thread per pass; many passes at a time.
#ifndef ROENTGEN_STORAGE_ROCKS_INDEX_SCAN_H_
#define ROENTGEN_STORAGE_ROCKS_INDEX_SCAN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/call.h"
#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/column_source.h"
#include "storage/index/index_format.h"
#include "storage/index/trace_bitmap.h"
#include "storage/live/live_traces.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/link_finder.h"
#include "trace/assembly/trace.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {

class PassedTraces;

// What all searches have in common.
struct ScanRequest {
  TimeRangeType time_type = TimeRangeType::kTraceId;
  TimeRange range;
  const TracePredicate* predicate = nullptr;  // Null: every trace.
  // A number per trace that the search orders by; batches with the greatest
  // come first. Nothing: by time.
  std::optional<Column> order;
  // Only batches with observations in the window; null: all.
  const GraphWindow* observed = nullptr;
  // Is told of what the scan comes by; null: nobody counts.
  PassedTraces* passed = nullptr;
};

// Traces of one source that are alive, in range and may match; with some.
struct ScanHit {
  ColumnSource& source;
  Match match;
  // 16 bytes a trace of the source; read when asked for.
  std::function<absl::StatusOr<std::string_view>()> trace_ids;
  // Lives as long as the scan. Null: open traces.
  const SealedBatch* batch = nullptr;
};

// Whether an observation of the batch may have ended in the window.
bool HasSecondsIn(const IndexDirectory& directory, const GraphWindow& window);

TraceId TraceIdAt(std::string_view trace_ids, uint32_t trace);

// Which rows count, whatever they match.
struct RowLimits {
  TimeRangeType time_type = TimeRangeType::kTraceId;
  std::optional<TimeRange> range;   // Nothing: all are in the range.
  std::optional<Timestamp> cutoff;  // Nothing: none is past its retention.
};
// Leaves those within the limits in `rows`.
absl::Status KeepWithin(const RowLimits& limits, ColumnSource& source,
                        TraceBitmap& rows);

// What is known of a batch without reading it.
struct BatchOutline {
  const BatchHead::Span& times;  // By the request's time type.
  // No trace's number of the request's order exceeds it.
  int64_t greatest = INT64_MAX;
  // How many of its traces are alive, when all of them have such a time.
  std::optional<uint64_t> all_live;
};

// The sealed traces of an instant.
struct HeldSealed {
  std::shared_ptr<const SealedView> view;
  // Rows of traces that are open again.
  absl::flat_hash_map<BatchId, std::vector<uint32_t>> reopened;
  // What open traces lack, by name.
  std::vector<std::string> lacking = {};

  // Those of the batch that are nowhere else.
  TraceBitmap LiveTraces(const SealedBatch& batch) const;
};

HeldSealed HoldSealed(const SealedStore& sealed,
                      const LiveTraces<SealedPlace>::Places& reopened);

// For HeldSealed::lacking.
std::vector<std::string> NamesOfLacking(const OpenIndex& index);

// Calls use(OpenIndex&) with the index of open traces, up to date; see
// LiveTraces::WithIndex.
template <typename Hold, typename Use>
absl::Status WithOpenIndex(EngineState& state, const Call& call,
                           LiveTraces<SealedPlace>::Disk disk, FindStats& stats,
                           Hold hold, Use use) {
  LinkFinder links(state);
  RTG_ASSIGN_OR_RETURN(
      const uint64_t indexed,
      state.live.WithIndex(
          call, [&](const Trace& trace) { return links.Resolve(trace); }, disk,
          hold, use));
  stats.open_indexed += indexed;
  return absl::OkStatus();
}

class IndexScan {
 public:
  // All outlive this object.
  IndexScan(EngineState& state, const ScanRequest& request, const Call& call,
            FindStats& stats)
      : state_(state), request_(request), call_(call), stats_(stats) {}

  using Visit = std::function<absl::Status(const ScanHit&)>;
  // Whether a batch is worth looking at; batches come with their greatest
  // time, or number of the order, falling.
  using Wants = std::function<bool(const BatchOutline& batch)>;

  absl::Status Run(const Wants& wants, const Visit& visit);

  // Calls use(ColumnSource&) with the columns of a batch of those that Run saw.
  template <typename Use>
  absl::Status WithColumns(const SealedBatch& batch, Use use) const {
    RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                         state_.sealed.Directory(batch));
    const SealedChunks chunks = state_.sealed.Chunks(batch);
    ChunkColumns columns(chunks, *directory, batch.head.traces,
                         call_.memory_bytes_max());
    const absl::Status status = use(columns);
    stats_.chunks_read += columns.chunks_read();
    stats_.bytes_read += columns.packed_bytes();
    return status;
  }

  // As SealedStore::NoteDamage.
  absl::Status NoteDamage(const SealedBatch& batch, absl::Status status) const {
    return state_.sealed.NoteDamage(batch, std::move(status));
  }
  // Damaged batches in the range, by name.
  std::vector<std::string> Missing() const;
  // Of what Run saw.
  const HeldSealed& held() const { return held_; }
  Timestamp cutoff() const { return cutoff_; }

 private:
  // Brings the index of open traces up to date and visits it; takes the view
  // of sealed ones at the same instant.
  absl::Status ScanOpen(const Visit& visit);
  absl::Status ScanSegment(OpenIndex::Segment& segment, const Visit& visit);
  absl::Status ScanSealed(const Wants& wants, const Visit& visit);
  bool IsInRange(const SealedBatch& batch) const;
  // What to look at, in order: batches and their greatest numbers.
  using Planned =
      std::vector<std::pair<std::shared_ptr<const SealedBatch>, int64_t>>;
  absl::StatusOr<Planned> PlanSealed() const;
  absl::Status Plan(const std::shared_ptr<const SealedBatch>& batch,
                    Planned& planned) const;
  absl::StatusOr<bool> IsObserved(const SealedBatch& batch) const;
  absl::StatusOr<int64_t> GreatestOf(const SealedBatch& batch) const;
  BatchOutline OutlineOf(const SealedBatch& batch, int64_t greatest) const;
  absl::Status ScanBatch(const std::shared_ptr<const SealedBatch>& batch,
                         const BatchOutline& outline, const Visit& visit);
  // Of the rows in `live`, those that may match and are within the limits.
  absl::StatusOr<std::optional<Match>> MatchRows(ColumnSource& source,
                                                 TraceBitmap live,
                                                 const RowLimits& limits);
  absl::Status Check() const { return call_.Check(); }

  EngineState& state_;
  const ScanRequest& request_;
  const Call& call_;
  FindStats& stats_;
  Timestamp cutoff_;
  HeldSealed held_;
};

// Which column has the times of that type.
Column TimeColumn(TimeRangeType type);

// What answers call a batch that they lack.
std::string NameOfMissing(const SealedBatch& batch);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_INDEX_SCAN_H_
