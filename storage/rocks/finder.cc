#include "storage/rocks/finder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/index/column_aggregate.h"
#include "storage/index/column_summaries.h"
#include "storage/rocks/index_scan.h"
#include "storage/rocks/passed_traces.h"

namespace roentgen::storage {
namespace {

// A trace, and its row.
struct Candidate {
  FoundTrace found;
  const SealedBatch* batch = nullptr;  // Null: the trace is open.
  uint32_t ordinal = 0;
};

// The first traces in result order, one more than asked for.
class TopTraces {
 public:
  explicit TopTraces(const FindRequest& request)
      : request_(request), capacity_(request.limit + 1) {}

  void Offer(const Candidate& candidate) {
    const TracePosition& position = candidate.found.position;
    if (request_.after && !IsBefore(*request_.after, position)) return;
    if (heap_.size() == capacity_) {
      if (!Earlier(candidate, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), Earlier);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), Earlier);
  }

  // Whether a trace of this key could still get in.
  bool Wants(int64_t key) const {
    if (request_.after && key > request_.after->key) return false;
    return heap_.size() < capacity_ || key >= heap_.front().found.position.key;
  }
  // Whether one of a batch's could.
  bool Wants(int64_t least, int64_t greatest) const {
    if (request_.after) {
      if (least > request_.after->key) return false;
      greatest = std::min(greatest, request_.after->key);
    }
    return heap_.size() < capacity_ ||
           greatest >= heap_.front().found.position.key;
  }

  // In result order; sets whether there are more.
  std::vector<Candidate> Take(bool& more) && {
    std::sort_heap(heap_.begin(), heap_.end(), Earlier);
    more = heap_.size() > request_.limit;
    if (more) heap_.pop_back();
    return std::move(heap_);
  }

 private:
  static bool Earlier(const Candidate& a, const Candidate& b) {
    return IsBefore(a.found.position, b.found.position);
  }

  const FindRequest& request_;
  const size_t capacity_;
  std::vector<Candidate> heap_;  // The last in result order on top.
};

// Of a search that is not by time.
std::optional<Column> OrderColumn(FindOrder order) {
  switch (order) {
    case FindOrder::kDuration:
      return Column::kDuration;
    case FindOrder::kResponseTime:
      return Column::kResponseTime;
    case FindOrder::kTime:
      break;
  }
  return std::nullopt;
}

Column KeyColumn(const FindRequest& request) {
  const std::optional<Column> order = OrderColumn(request.order);
  return order ? *order : TimeColumn(request.time_type);
}

absl::Status AddAll(const ScanHit& hit, const TraceBitmap& traces,
                    std::vector<TraceId>& out) {
  if (traces.empty()) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(const std::string_view ids, hit.trace_ids());
  traces.ForEach([&](uint32_t i) { out.push_back(TraceIdAt(ids, i)); });
  return absl::OkStatus();
}

// Columns are unpacked for all traces of a batch, which takes as long as
// reading one trace for each so many rows (bench/results/2026-11-30-house.md).
constexpr size_t kRowsPerTraceRead = 150;

// Those of one batch at a time: its columns are unpacked once. Of a batch with
// few of the traces these are read instead.
absl::Status AddSummaries(IndexScan& scan, const std::vector<Candidate>& found,
                          size_t wanted, const Call& call, FindResult& result) {
  result.summaries.resize(found.size());
  std::map<const SealedBatch*, std::vector<size_t>> by_batch;
  for (size_t i = 0; i < found.size() && wanted > 0; ++i) {
    if (!found[i].found.certain) continue;
    --wanted;
    if (found[i].batch != nullptr) by_batch[found[i].batch].push_back(i);
  }
  size_t bytes = 0;
  const size_t bytes_max = call.memory_bytes_max() / 4;
  for (const auto& of_batch : by_batch) {
    if (bytes > bytes_max) break;
    if (of_batch.second.size() * kRowsPerTraceRead <
        of_batch.first->head.traces) {
      continue;
    }
    RTG_RETURN_IF_ERROR(call.Check());
    const absl::Status status = scan.WithColumns(
        *of_batch.first, [&](ColumnSource& source) -> absl::Status {
          ColumnSummaries summaries(source);
          for (const size_t i : of_batch.second) {
            RTG_ASSIGN_OR_RETURN(
                std::optional<TraceSummary> summary,
                summaries.Read(found[i].found.position.trace_id,
                               found[i].ordinal));
            if (summary) bytes += MemoryOf(*summary);
            if (bytes > bytes_max) return absl::OkStatus();
            result.summaries[i] = std::move(summary);
          }
          return absl::OkStatus();
        });
    // Traces tell what their columns do not.
    if (absl::IsDataLoss(status)) {
      LogError("index is damaged, traces are read for their summaries",
               {{"error", status.ToString()}});
    } else if (!absl::IsResourceExhausted(status)) {
      RTG_RETURN_IF_ERROR(status);
    }
  }
  return absl::OkStatus();
}

// Looks at the memory of figures now and then: adding it up takes as long as
// there are groups.
class FigureMemory {
 public:
  FigureMemory(const Call& call, const AggregateResult& result)
      : call_(call), result_(result) {}

  // After a batch of `traces`.
  absl::Status Check(uint64_t traces) {
    unchecked_ += traces;
    if (unchecked_ * 4 < result_.groups.size()) return absl::OkStatus();
    unchecked_ = 0;
    if (MemoryOf(result_) <= call_.memory_bytes_max()) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        "the search needs more than its " +
        std::to_string(call_.memory_bytes_max()) +
        " bytes of memory: too many groups");
  }

 private:
  const Call& call_;
  const AggregateResult& result_;
  uint64_t unchecked_ = 0;
};

}  // namespace

absl::StatusOr<FindResult> FindTraces(EngineState& state,
                                      const FindRequest& request,
                                      const Call& call) {
  const bool by_time = request.order == FindOrder::kTime;
  FindResult result;
  PassedTraces passed(request, call);
  const ScanRequest scan_request{
      .time_type = request.time_type,
      .range = request.range,
      .predicate = request.predicate ? &*request.predicate : nullptr,
      .order = OrderColumn(request.order),
      .passed = request.counted ? &passed : nullptr};
  TopTraces top(request);
  IndexScan scan(state, scan_request, call, result.stats);
  RTG_RETURN_IF_ERROR(scan.Run(
      [&](const BatchOutline& batch) {
        return by_time ? top.Wants(batch.times.min, batch.times.max)
                       : top.Wants(INT64_MIN, batch.greatest);
      },
      [&](const ScanHit& hit) -> absl::Status {
        RTG_ASSIGN_OR_RETURN(const NumberColumn keys,
                             hit.source.Numbers(KeyColumn(request), {}));
        std::string_view ids;
        absl::Status status;
        hit.match.may.ForEach([&](uint32_t i) {
          const int64_t key = keys.values[i];
          // A duration of -1 is none.
          if ((!by_time && key < 0) || !top.Wants(key)) return;
          if (ids.empty() && status.ok()) {
            const auto read = hit.trace_ids();
            status = read.status();
            if (read.ok()) ids = *read;
          }
          if (!status.ok()) return;
          top.Offer({.found = {.position = {key, TraceIdAt(ids, i)},
                               .certain = hit.match.must.Test(i)},
                     .batch = hit.batch,
                     .ordinal = i});
        });
        return status;
      }));
  const std::vector<Candidate> found = std::move(top).Take(result.more);
  for (const Candidate& candidate : found) {
    result.traces.push_back(candidate.found);
  }
  if (request.summaries > 0) {
    RTG_RETURN_IF_ERROR(
        AddSummaries(scan, found, request.summaries, call, result));
  }
  if (request.counted) RTG_RETURN_IF_ERROR(passed.Finish(scan, result));
  result.scope.missing = scan.Missing();
  return result;
}

absl::StatusOr<AggregateResult> AggregateTraces(EngineState& state,
                                                const AggregateRequest& request,
                                                const Call& call) {
  const ScanRequest scan_request{
      .time_type = request.time_type,
      .range = request.range,
      .predicate = request.predicate ? &*request.predicate : nullptr};
  AggregateResult result;
  FigureMemory memory(call, result);
  IndexScan scan(state, scan_request, call, result.stats);
  const auto visit = [&](const ScanHit& hit) -> absl::Status {
    TraceBitmap unsure = hit.match.may;
    // Its traces tell what its columns may not.
    if (hit.batch != nullptr && state.sealed.IsSuspect(*hit.batch)) {
      RTG_RETURN_IF_ERROR(AddAll(hit, unsure, result.unsure));
      return memory.Check(unsure.size());
    }
    RTG_ASSIGN_OR_RETURN(
        const TraceBitmap unindexed,
        AggregateColumns(request, hit.match.must, hit.source, result));
    TraceBitmap possible = hit.match.must;
    possible.Invert();
    unsure.And(possible);
    unsure.Or(unindexed);
    RTG_RETURN_IF_ERROR(AddAll(hit, unsure, result.unsure));
    return memory.Check(hit.match.may.size());
  };
  RTG_RETURN_IF_ERROR(
      scan.Run([](const BatchOutline&) { return true; }, visit));
  result.scope.missing = scan.Missing();
  return result;
}

}  // namespace roentgen::storage
