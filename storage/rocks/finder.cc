#include "storage/rocks/finder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/column_aggregate.h"
#include "storage/rocks/index_scan.h"

namespace roentgen::storage {
namespace {

// The first traces in result order, one more than asked for.
class TopTraces {
 public:
  explicit TopTraces(const FindRequest& request)
      : request_(request), capacity_(request.limit + 1) {}

  void Offer(const FoundTrace& found) {
    if (request_.after && !IsBefore(*request_.after, found.position)) return;
    if (heap_.size() == capacity_) {
      if (!Earlier(found, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), Earlier);
      heap_.pop_back();
    }
    heap_.push_back(found);
    std::push_heap(heap_.begin(), heap_.end(), Earlier);
  }

  // Whether a trace of this key could still get in.
  bool Wants(int64_t key) const {
    if (request_.after && key > request_.after->key) return false;
    return heap_.size() < capacity_ || key >= heap_.front().position.key;
  }
  // Whether one of a batch's could.
  bool Wants(int64_t least, int64_t greatest) const {
    if (request_.after) {
      if (least > request_.after->key) return false;
      greatest = std::min(greatest, request_.after->key);
    }
    return heap_.size() < capacity_ || greatest >= heap_.front().position.key;
  }

  void MoveTo(FindResult& result) && {
    std::sort_heap(heap_.begin(), heap_.end(), Earlier);
    result.more = heap_.size() > request_.limit;
    if (result.more) heap_.pop_back();
    result.traces = std::move(heap_);
  }

 private:
  static bool Earlier(const FoundTrace& a, const FoundTrace& b) {
    return IsBefore(a.position, b.position);
  }

  const FindRequest& request_;
  const size_t capacity_;
  std::vector<FoundTrace> heap_;  // The last in result order on top.
};

absl::StatusOr<std::span<const int64_t>> KeysOf(const ScanHit& hit,
                                                FindOrder order) {
  if (order == FindOrder::kTime) return hit.times;
  RTG_ASSIGN_OR_RETURN(
      const NumberColumn keys,
      hit.source.Numbers(order == FindOrder::kDuration ? Column::kDuration
                                                       : Column::kResponseTime,
                         {}));
  return keys.values;
}

void AddAll(const ScanHit& hit, const TraceBitmap& traces,
            std::vector<TraceId>& out) {
  traces.ForEach([&](uint32_t i) { out.push_back(hit.trace_id(i)); });
}

}  // namespace

absl::StatusOr<FindResult> FindTraces(EngineState& state,
                                      const FindRequest& request,
                                      const CallControl& control) {
  const ScanRequest scan_request{
      .time_type = request.time_type,
      .range = request.range,
      .predicate = request.predicate ? &*request.predicate : nullptr,
      .memory_bytes_max = request.memory_bytes_max};
  FindResult result;
  TopTraces top(request);
  const bool by_time = request.order == FindOrder::kTime;
  IndexScan scan(state, scan_request, control, result.stats);
  RTG_RETURN_IF_ERROR(scan.Run(
      [&](const BatchOutline& batch) {
        return !by_time || top.Wants(batch.times.min, batch.times.max);
      },
      [&](const ScanHit& hit) -> absl::Status {
        RTG_ASSIGN_OR_RETURN(const std::span<const int64_t> keys,
                             KeysOf(hit, request.order));
        hit.match.may.ForEach([&](uint32_t i) {
          // A duration of -1 is none.
          if ((!by_time && keys[i] < 0) || !top.Wants(keys[i])) return;
          top.Offer({.position = {keys[i], hit.trace_id(i)},
                     .certain = hit.match.must.Test(i)});
        });
        return absl::OkStatus();
      }));
  std::move(top).MoveTo(result);
  return result;
}

absl::StatusOr<AggregateResult> AggregateTraces(EngineState& state,
                                                const AggregateRequest& request,
                                                const CallControl& control) {
  const ScanRequest scan_request{
      .time_type = request.time_type,
      .range = request.range,
      .predicate = request.predicate ? &*request.predicate : nullptr,
      .memory_bytes_max = request.memory_bytes_max};
  AggregateResult result;
  IndexScan scan(state, scan_request, control, result.stats);
  RTG_RETURN_IF_ERROR(scan.Run(
      [](const BatchOutline&) { return true; },
      [&](const ScanHit& hit) -> absl::Status {
        if (!hit.has_index && request.group_by != GroupBy::kNone) {
          AddAll(hit, hit.match.may, result.unsure);
          return absl::OkStatus();
        }
        RTG_ASSIGN_OR_RETURN(
            TraceBitmap unsure,
            AggregateColumns(request, hit.match.must, hit.source, result));
        TraceBitmap sure = hit.match.must;
        sure.Invert();
        sure.And(hit.match.may);
        unsure.Or(sure);
        AddAll(hit, unsure, result.unsure);
        return absl::OkStatus();
      }));
  return result;
}

absl::StatusOr<uint64_t> CountTraces(EngineState& state,
                                     TimeRangeType time_type,
                                     const TimeRange& range,
                                     const CallControl& control) {
  const ScanRequest scan_request{.time_type = time_type,
                                 .range = range,
                                 .predicate = nullptr,
                                 .memory_bytes_max = limits::kQueryMemoryBytes};
  uint64_t count = 0;
  FindStats stats;
  IndexScan scan(state, scan_request, control, stats);
  RTG_RETURN_IF_ERROR(scan.Run(
      [&](const BatchOutline& batch) {
        if (!batch.all_live || batch.times.min < range.begin.ns ||
            batch.times.max >= range.end.ns) {
          return true;
        }
        count += *batch.all_live;
        return false;
      },
      [&](const ScanHit& hit) {
        count += hit.match.may.Count();
        return absl::OkStatus();
      }));
  return count;
}

}  // namespace roentgen::storage
