#include "storage/rocks/finder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/status_macros.h"
#include "storage/assembly/trace_order.h"

namespace roentgen::storage {
namespace {

Column ColumnOf(TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kEvent:
      return Column::kEvent;
    case TimeRangeType::kService:
      return Column::kServiceEnd;
    default:
      return Column::kStart;
  }
}

const BatchHead::Span& SpanOf(const BatchHead& head, TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kEvent:
      return head.event;
    case TimeRangeType::kService:
      return head.service_end;
    default:
      return head.start;
  }
}

// The first positions in result order, one more than asked for.
class TopPositions {
 public:
  explicit TopPositions(const FindRequest& request)
      : request_(request), capacity_(request.limit + 1) {}

  void Offer(const TracePosition& position) {
    if (!request_.range.Contains(position.time)) return;
    if (request_.after && !IsBefore(*request_.after, position)) return;
    if (heap_.size() == capacity_) {
      if (!IsBefore(position, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), IsBefore);
      heap_.pop_back();
    }
    heap_.push_back(position);
    std::push_heap(heap_.begin(), heap_.end(), IsBefore);
  }

  // Whether a position of this time could still get in.
  bool Wants(int64_t time_ns) const {
    if (request_.after && time_ns > request_.after->time.ns) {
      time_ns = request_.after->time.ns;
    }
    return time_ns >= request_.range.begin.ns &&
           (heap_.size() < capacity_ || time_ns >= heap_.front().time.ns);
  }

  FindResult Take() && {
    std::sort_heap(heap_.begin(), heap_.end(), IsBefore);
    FindResult result;
    result.more = heap_.size() > request_.limit;
    if (result.more) heap_.pop_back();
    result.traces = std::move(heap_);
    return result;
  }

 private:
  const FindRequest& request_;
  const size_t capacity_;
  std::vector<TracePosition> heap_;  // The last in result order on top.
};

using Rows = absl::flat_hash_set<std::pair<BatchId, uint32_t>>;

absl::Status OfferBatch(const EngineState& state, const SealedBatch& batch,
                        const Rows& reopened, TimeRangeType type,
                        Timestamp cutoff, TopPositions& top) {
  RTG_ASSIGN_OR_RETURN(const std::vector<int64_t> times,
                       state.sealed.ReadInts(batch, ColumnOf(type)));
  RTG_ASSIGN_OR_RETURN(const std::string ids, state.sealed.ReadTraceIds(batch));
  std::vector<int64_t> received;
  if (batch.head.received.min < cutoff.ns) {
    RTG_ASSIGN_OR_RETURN(received,
                         state.sealed.ReadInts(batch, Column::kReceived));
  }
  size_t dead = 0;
  for (uint32_t i = 0; i < times.size(); ++i) {
    if (dead < batch.dead.size() && batch.dead[dead] == i) {
      ++dead;
      continue;
    }
    if (!received.empty() && received[i] < cutoff.ns) continue;
    // Minimum: no completed segment, so no place in the service order.
    if (times[i] == Timestamp::Min().ns || !top.Wants(times[i])) continue;
    if (reopened.contains({batch.id, i})) continue;
    top.Offer(
        {{times[i]},
         TraceId::FromBytes(std::string_view(ids).substr(size_t{i} * 16, 16))});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FindResult> FindTraces(const EngineState& state,
                                      const FindRequest& request,
                                      absl::Time deadline) {
  const Timestamp cutoff = state.Cutoff();
  TopPositions top(request);
  Rows reopened;
  std::shared_ptr<const SealedView> view;
  {
    ReaderLock lock(state.table_mu);
    view = state.sealed.View();
    for (const auto& [id, place] : state.reopened) {
      reopened.insert({place.locator.batch, place.locator.ordinal});
    }
    for (const auto& [id, trace] : state.table.traces()) {
      if (trace.last_received() < cutoff) continue;
      const std::optional<Timestamp> time =
          TimeOf(trace.times.Get(trace.records), request.time_type);
      if (time) top.Offer({*time, id});
    }
  }
  const auto span = [&](const auto& batch) -> const BatchHead::Span& {
    return SpanOf(batch->head, request.time_type);
  };
  std::vector<std::shared_ptr<const SealedBatch>> batches;
  for (const auto& batch : view->batches) {
    if (span(batch).max >= request.range.begin.ns &&
        span(batch).min < request.range.end.ns &&
        batch->head.received.max >= cutoff.ns) {
      batches.push_back(batch);
    }
  }
  std::sort(batches.begin(), batches.end(), [&](const auto& a, const auto& b) {
    return span(a).max > span(b).max;
  });
  for (const auto& batch : batches) {
    if (!top.Wants(span(batch).max)) break;
    // A batch after the cursor's time may still be skipped whole.
    if (request.after && span(batch).min > request.after->time.ns) continue;
    if (state.clock.Now().ToTime() > deadline) {
      return absl::DeadlineExceededError(
          "search took longer than its deadline");
    }
    RTG_RETURN_IF_ERROR(
        OfferBatch(state, *batch, reopened, request.time_type, cutoff, top));
  }
  return std::move(top).Take();
}

}  // namespace roentgen::storage
