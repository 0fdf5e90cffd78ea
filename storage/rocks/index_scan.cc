#include "storage/rocks/index_scan.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/predicate_evaluator.h"

namespace roentgen::storage {
namespace {

const BatchHead::Span& SpanOf(const BatchHead& head, TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kEvent:
      return head.event;
    case TimeRangeType::kService:
      return head.service_end;
    case TimeRangeType::kTraceId:
      break;
  }
  return head.start;
}

}  // namespace

Column TimeColumn(TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kEvent:
      return Column::kEvent;
    case TimeRangeType::kService:
      return Column::kServiceEnd;
    case TimeRangeType::kTraceId:
      break;
  }
  return Column::kStart;
}

absl::Status IndexScan::Run(const Wants& wants, const Visit& visit) {
  RTG_RETURN_IF_ERROR(Check());
  cutoff_ = state_.Cutoff();
  RTG_RETURN_IF_ERROR(ScanOpen(visit));
  return ScanSealed(wants, visit);
}

absl::Status IndexScan::ScanOpen(const Visit& visit) {
  MutexLock index_lock(state_.open_index_mu);
  {
    WriterLock lock(state_.table_mu);
    view_ = state_.sealed.View();
    for (const auto& [id, place] : state_.reopened) {
      reopened_[place.locator.batch].push_back(place.locator.ordinal);
    }
    state_.open_index.Note(state_.table.TakeChanges());
  }
  const absl::StatusOr<uint64_t> indexed =
      state_.open_index.Index([this] { return Check(); });
  state_.open_index_bytes = state_.open_index.MemoryBytes();
  RTG_RETURN_IF_ERROR(indexed.status());
  stats_.open_indexed += *indexed;
  for (OpenIndex::Segment& segment : state_.open_index.segments()) {
    RTG_RETURN_IF_ERROR(Check());
    RTG_RETURN_IF_ERROR(ScanSegment(segment, visit));
  }
  return absl::OkStatus();
}

absl::Status IndexScan::ScanSegment(OpenIndex::Segment& segment,
                                    const Visit& visit) {
  stats_.open_traces += segment.live_count;
  TraceBitmap live(segment.columns.traces());
  for (uint32_t i = 0; i < segment.live.size(); ++i) {
    if (segment.live[i]) live.Set(i);
  }
  RTG_ASSIGN_OR_RETURN(std::optional<Match> match,
                       MatchRows(segment.columns, std::move(live), true, true));
  if (!match) return absl::OkStatus();
  return visit(
      {.source = segment.columns,
       .has_index = true,
       .match = *std::move(match),
       .times = segment.columns.numbers(TimeColumn(request_.time_type)),
       .trace_id = [&](uint32_t i) { return segment.trace_id(i); }});
}

absl::Status IndexScan::ScanSealed(const Wants& wants, const Visit& visit) {
  const auto span = [&](const auto& batch) -> const BatchHead::Span& {
    return SpanOf(batch->head, request_.time_type);
  };
  std::vector<std::shared_ptr<const SealedBatch>> batches;
  for (const auto& batch : view_->batches) {
    if (span(batch).max >= request_.range.begin.ns &&
        span(batch).min < request_.range.end.ns &&
        batch->head.received.max >= cutoff_.ns) {
      batches.push_back(batch);
    }
  }
  std::sort(batches.begin(), batches.end(), [&](const auto& a, const auto& b) {
    return span(a).max > span(b).max;
  });
  for (const auto& batch : batches) {
    ++stats_.batches;
    if (!wants(OutlineOf(*batch))) {
      ++stats_.batches_skipped;
      continue;
    }
    RTG_RETURN_IF_ERROR(Check());
    RTG_RETURN_IF_ERROR(ScanBatch(*batch, visit));
  }
  return absl::OkStatus();
}

BatchOutline IndexScan::OutlineOf(const SealedBatch& batch) const {
  BatchOutline outline{.times = SpanOf(batch.head, request_.time_type),
                       .all_live = {}};
  // Traces may be past their retention, or without a time of this type.
  if (batch.head.received.min < cutoff_.ns ||
      request_.time_type == TimeRangeType::kService) {
    return outline;
  }
  const auto reopened = reopened_.find(batch.id);
  outline.all_live =
      batch.head.traces - batch.dead.size() -
      (reopened == reopened_.end() ? 0 : reopened->second.size());
  return outline;
}

absl::Status IndexScan::ScanBatch(const SealedBatch& batch,
                                  const Visit& visit) {
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                       state_.sealed.Directory(batch));
  const SealedChunks chunks = state_.sealed.Chunks(batch);
  ChunkColumns columns(chunks, *directory, batch.head.traces,
                       request_.memory_bytes_max);
  const bool has_index = batch.head.index_version == kIndexVersion;
  TraceBitmap live(batch.head.traces, true);
  for (uint32_t ordinal : batch.dead) live.Clear(ordinal);
  if (const auto rows = reopened_.find(batch.id); rows != reopened_.end()) {
    for (uint32_t ordinal : rows->second) live.Clear(ordinal);
  }
  RTG_ASSIGN_OR_RETURN(std::optional<Match> match,
                       MatchRows(columns, std::move(live), has_index,
                                 batch.head.received.min < cutoff_.ns));
  absl::Status status;
  if (match) {
    RTG_ASSIGN_OR_RETURN(const NumberColumn times,
                         columns.Numbers(TimeColumn(request_.time_type), {}));
    RTG_ASSIGN_OR_RETURN(const std::string_view ids, columns.TraceIds());
    status = visit({.source = columns,
                    .has_index = has_index,
                    .match = *std::move(match),
                    .times = times.values,
                    .trace_id = [ids](uint32_t i) {
                      return TraceId::FromBytes(ids.substr(size_t{i} * 16, 16));
                    }});
  } else {
    ++stats_.batches_skipped;
  }
  stats_.chunks_read += columns.chunks_read();
  stats_.bytes_read += columns.packed_bytes();
  return status;
}

absl::StatusOr<std::optional<Match>> IndexScan::MatchRows(ColumnSource& source,
                                                          TraceBitmap live,
                                                          bool has_index,
                                                          bool expiring) {
  if (live.empty()) return std::nullopt;
  Match match;
  if (request_.predicate == nullptr) {
    match = {.may = live, .must = live};
  } else if (!has_index) {
    match = {.may = live, .must = TraceBitmap(live.size())};
  } else {
    RTG_ASSIGN_OR_RETURN(match, EvaluatePredicate(*request_.predicate, source,
                                                  stats_.rows_scanned));
    match.may.And(live);
    if (match.may.empty()) return std::nullopt;
  }
  // Minimum: no completed segment, so no place in the service order.
  const TimeRange& range = request_.range;
  RTG_ASSIGN_OR_RETURN(const NumberColumn times,
                       source.Numbers(TimeColumn(request_.time_type), {}));
  NumberColumn received;
  if (expiring) {
    RTG_ASSIGN_OR_RETURN(received, source.Numbers(Column::kReceived, {}));
  }
  TraceBitmap in_range(live.size());
  match.may.ForEach([&](uint32_t i) {
    if (times.values[i] != Timestamp::Min().ns &&
        range.Contains({times.values[i]}) &&
        (!expiring || received.values[i] >= cutoff_.ns)) {
      in_range.Set(i);
    }
  });
  match.may.And(in_range);
  match.must.And(match.may);
  if (match.may.empty()) return std::nullopt;
  return match;
}

}  // namespace roentgen::storage
