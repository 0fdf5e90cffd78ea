#include "storage/rocks/index_scan.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/index/predicate_evaluator.h"
#include "storage/rocks/link_finder.h"
#include "storage/rocks/passed_traces.h"

namespace roentgen::storage {
namespace {

const BatchHead::Span& SpanOf(const BatchHead& head, TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kEvent:
      return head.event;
    case TimeRangeType::kService:
      return head.service_end;
    case TimeRangeType::kLatestStart:
      return head.latest_start;
    case TimeRangeType::kTraceId:
      break;
  }
  return head.start;
}

}  // namespace

Column TimeColumn(TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kLatestStart:
      return Column::kLatestStart;
    case TimeRangeType::kEvent:
      return Column::kEvent;
    case TimeRangeType::kService:
      return Column::kServiceEnd;
    case TimeRangeType::kTraceId:
      break;
  }
  return Column::kStart;
}

TraceId TraceIdAt(std::string_view trace_ids, uint32_t trace) {
  return TraceId::FromBytes(trace_ids.substr(size_t{trace} * 16, 16));
}

bool HasSecondsIn(const IndexDirectory& directory, const GraphWindow& window) {
  for (const Column column :
       {Column::kNodeSecond, Column::kEdgeSecond, Column::kLinkSecond}) {
    const ColumnInfo* info = directory.Find(column, {});
    if (info != nullptr && info->min < window.end() &&
        info->max >= window.begin()) {
      return true;
    }
  }
  return false;
}

absl::Status KeepWithin(const RowLimits& limits, ColumnSource& source,
                        TraceBitmap& rows) {
  if (!limits.range && !limits.cutoff) return absl::OkStatus();
  // Where the least and the greatest time of a trace that is in range are.
  NumberColumn earliest, times;
  if (limits.range) {
    const Column column = TimeColumn(limits.time_type);
    RTG_ASSIGN_OR_RETURN(times, source.Numbers(column, {}));
    earliest = times;
    if (column == Column::kLatestStart) {
      RTG_ASSIGN_OR_RETURN(earliest, source.Numbers(Column::kStart, {}));
    }
  }
  NumberColumn received;
  if (limits.cutoff) {
    RTG_ASSIGN_OR_RETURN(received, source.Numbers(Column::kReceived, {}));
  }
  // Minimum: no completed segment, so no place in the service order.
  TraceBitmap kept(rows.size());
  rows.ForEach([&](uint32_t i) {
    if ((!limits.range || (times.values[i] != Timestamp::Min().ns &&
                           times.values[i] >= limits.range->begin.ns &&
                           earliest.values[i] < limits.range->end.ns)) &&
        (!limits.cutoff || received.values[i] >= limits.cutoff->ns)) {
      kept.Set(i);
    }
  });
  rows.And(kept);
  return absl::OkStatus();
}

HeldSealed HoldSealed(const SealedStore& sealed,
                      const LiveTraces<SealedPlace>::Places& reopened) {
  HeldSealed held{.view = sealed.View(), .reopened = {}, .lacking = {}};
  for (const auto& [id, place] : reopened) {
    held.reopened[place.locator.batch].push_back(place.locator.ordinal);
  }
  return held;
}

std::vector<std::string> NamesOfLacking(const OpenIndex& index) {
  std::vector<std::string> names;
  for (const TraceId& id : index.lacking()) {
    names.push_back("older records of trace " + id.ToString());
  }
  return names;
}

TraceBitmap HeldSealed::LiveTraces(const SealedBatch& batch) const {
  TraceBitmap live(batch.head.traces, true);
  for (uint32_t ordinal : batch.dead) live.Clear(ordinal);
  if (const auto rows = reopened.find(batch.id); rows != reopened.end()) {
    for (uint32_t ordinal : rows->second) live.Clear(ordinal);
  }
  return live;
}

absl::Status IndexScan::Run(const Wants& wants, const Visit& visit) {
  RTG_RETURN_IF_ERROR(Check());
  cutoff_ = state_.Cutoff();
  RTG_RETURN_IF_ERROR(ScanOpen(visit));
  return ScanSealed(wants, visit);
}

absl::Status IndexScan::ScanOpen(const Visit& visit) {
  return WithOpenIndex(
      state_, call_, LiveTraces<SealedPlace>::Disk::kAny, stats_,
      [&](const auto& reopened) {
        held_ = HoldSealed(state_.sealed, reopened);
      },
      [&](OpenIndex& index) -> absl::Status {
        held_.lacking = NamesOfLacking(index);
        for (OpenIndex::Segment& segment : index.segments()) {
          RTG_RETURN_IF_ERROR(Check());
          RTG_RETURN_IF_ERROR(ScanSegment(segment, visit));
        }
        return absl::OkStatus();
      });
}

absl::Status IndexScan::ScanSegment(OpenIndex::Segment& segment,
                                    const Visit& visit) {
  stats_.open_traces += segment.live_count;
  RTG_ASSIGN_OR_RETURN(std::optional<Match> match,
                       MatchRows(segment.columns, segment.Live(),
                                 {.time_type = request_.time_type,
                                  .range = request_.range,
                                  .cutoff = cutoff_}));
  if (request_.passed != nullptr) {
    RTG_RETURN_IF_ERROR(request_.passed->AddOpen(segment, cutoff_));
  }
  if (!match) return absl::OkStatus();
  return visit({.source = segment.columns,
                .match = *std::move(match),
                .trace_ids = [&]() -> absl::StatusOr<std::string_view> {
                  return segment.columns.trace_ids();
                }});
}

// No batch has a number above it; the directory tells without reading more.
absl::StatusOr<int64_t> IndexScan::GreatestOf(const SealedBatch& batch) const {
  if (!request_.order) return SpanOf(batch.head, request_.time_type).max;
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                       state_.sealed.Directory(batch));
  const ColumnInfo* info = directory->Find(*request_.order, {});
  return info == nullptr ? INT64_MIN : info->max;
}

absl::StatusOr<bool> IndexScan::IsObserved(const SealedBatch& batch) const {
  if (request_.observed == nullptr) return true;
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                       state_.sealed.Directory(batch));
  return HasSecondsIn(*directory, *request_.observed);
}

bool IndexScan::IsInRange(const SealedBatch& batch) const {
  const BatchHead::Span& times = SpanOf(batch.head, request_.time_type);
  // Traces overlap a range of starts; else they are in the range.
  const int64_t least = request_.time_type == TimeRangeType::kLatestStart
                            ? batch.head.start.min
                            : times.min;
  return times.max >= request_.range.begin.ns &&
         least < request_.range.end.ns && batch.head.received.max >= cutoff_.ns;
}

absl::Status IndexScan::Plan(const std::shared_ptr<const SealedBatch>& batch,
                             Planned& planned) const {
  RTG_RETURN_IF_ERROR(Check());
  RTG_ASSIGN_OR_RETURN(const bool observed, IsObserved(*batch));
  if (!observed) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(const int64_t greatest, GreatestOf(*batch));
  planned.emplace_back(batch, greatest);
  return absl::OkStatus();
}

absl::StatusOr<IndexScan::Planned> IndexScan::PlanSealed() const {
  Planned planned;
  for (const auto& batch : held_.view->batches) {
    if (!IsInRange(*batch)) continue;
    RTG_RETURN_IF_ERROR(NoteDamage(*batch, Plan(batch, planned)));
  }
  std::sort(planned.begin(), planned.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  return planned;
}

std::string NameOfMissing(const SealedBatch& batch) {
  return "damaged batch " + std::to_string(batch.id) + " of " +
         std::to_string(batch.head.traces) + " traces";
}

std::vector<std::string> IndexScan::Missing() const {
  std::vector<std::string> names = held_.lacking;
  for (const auto& batch : held_.view->damaged) {
    if (IsInRange(*batch)) names.push_back(NameOfMissing(*batch));
  }
  BoundMissing(names);
  return names;
}

absl::Status IndexScan::ScanSealed(const Wants& wants, const Visit& visit) {
  RTG_ASSIGN_OR_RETURN(const Planned planned, PlanSealed());
  for (const auto& [batch, greatest] : planned) {
    ++stats_.batches;
    const BatchOutline outline = OutlineOf(*batch, greatest);
    if (!wants(outline)) {
      ++stats_.batches_skipped;
      if (request_.passed != nullptr) {
        RTG_RETURN_IF_ERROR(NoteDamage(
            *batch, request_.passed->AddSkipped(batch, outline, *this)));
      }
      continue;
    }
    RTG_RETURN_IF_ERROR(Check());
    RTG_RETURN_IF_ERROR(NoteDamage(*batch, ScanBatch(batch, outline, visit)));
  }
  return absl::OkStatus();
}

BatchOutline IndexScan::OutlineOf(const SealedBatch& batch,
                                  int64_t greatest) const {
  BatchOutline outline{.times = SpanOf(batch.head, request_.time_type),
                       .greatest = greatest,
                       .all_live = {}};
  // Traces may be past their retention, or without a time of this type.
  if (batch.head.received.min < cutoff_.ns ||
      request_.time_type == TimeRangeType::kService ||
      request_.time_type == TimeRangeType::kLatestStart) {
    return outline;
  }
  const auto reopened = held_.reopened.find(batch.id);
  outline.all_live =
      batch.head.traces - batch.dead.size() -
      (reopened == held_.reopened.end() ? 0 : reopened->second.size());
  return outline;
}

absl::Status IndexScan::ScanBatch(
    const std::shared_ptr<const SealedBatch>& held_batch,
    const BatchOutline& outline, const Visit& visit) {
  const SealedBatch& batch = *held_batch;
  const BatchHead& head = batch.head;
  const BatchHead::Span& times = SpanOf(head, request_.time_type);
  const TimeRange& range = request_.range;
  RowLimits limits{.time_type = request_.time_type, .range = {}, .cutoff = {}};
  // Not every trace has a time of the service type.
  if (request_.time_type == TimeRangeType::kService ||
      times.min < range.begin.ns || times.max >= range.end.ns) {
    limits.range = range;
  }
  if (head.received.min < cutoff_.ns) limits.cutoff = cutoff_;
  return WithColumns(batch, [&](ChunkColumns& columns) -> absl::Status {
    RTG_ASSIGN_OR_RETURN(std::optional<Match> match,
                         MatchRows(columns, held_.LiveTraces(batch), limits));
    if (request_.passed != nullptr) {
      RTG_RETURN_IF_ERROR(request_.passed->AddScanned(
          held_batch, outline, *this, columns, match.has_value()));
    }
    if (!match) {
      ++stats_.batches_skipped;
      return absl::OkStatus();
    }
    return visit({.source = columns,
                  .match = *std::move(match),
                  .trace_ids = [&] { return columns.TraceIds(); },
                  .batch = &batch});
  });
}

absl::StatusOr<std::optional<Match>> IndexScan::MatchRows(
    ColumnSource& source, TraceBitmap live, const RowLimits& limits) {
  if (live.empty()) return std::nullopt;
  Match match;
  if (request_.predicate == nullptr) {
    match = {.may = live, .must = live};
  } else {
    absl::StatusOr<Match> found =
        EvaluatePredicate(*request_.predicate, source, stats_.rows_scanned);
    if (absl::IsDataLoss(found.status())) {
      // Traces tell what their columns do not.
      LogError("index is damaged, its traces are looked at one by one",
               {{"error", found.status().ToString()}});
      found = Match{.may = live, .must = TraceBitmap(live.size())};
    }
    RTG_RETURN_IF_ERROR(found.status());
    match = *std::move(found);
    match.may.And(live);
    if (match.may.empty()) return std::nullopt;
  }
  RTG_RETURN_IF_ERROR(KeepWithin(limits, source, match.may));
  match.must.And(match.may);
  if (match.may.empty()) return std::nullopt;
  return match;
}

}  // namespace roentgen::storage
