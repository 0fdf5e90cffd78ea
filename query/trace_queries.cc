#include "query/trace_queries.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/assembly/render.h"
#include "storage/assembly/trace.h"

namespace roentgen::query {
namespace {

using storage::Trace;
using storage::TraceId;
using storage::TraceRecords;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

AssembledTrace Render(const Trace& trace, size_t bytes_max) {
  AssembledTrace out;
  out.id = trace.id;
  const Timestamp start = trace.times.start;
  out.times = {start, start + trace.duration.value_or(absl::ZeroDuration())};
  out.times.end =
      std::max(out.times.end, trace.times.service_end.value_or(start));
  out.duration = trace.duration;
  size_t bytes = 0;
  // Both lists go by start; merge them so that a cut keeps the earliest.
  size_t real = 0;
  size_t inferred = 0;
  while (real < trace.segments.size() || inferred < trace.inferred.size()) {
    const bool take_real =
        inferred == trace.inferred.size() ||
        (real < trace.segments.size() &&
         trace.entity(trace.segments[real]).start <=
             trace.entity(trace.inferred[inferred].call).start);
    TraceSegment segment;
    if (take_real) {
      const uint32_t node = trace.segments[real++];
      segment.id = trace.entity(node).id;
      segment.document = storage::RenderSegment(trace, node);
    } else {
      const storage::InferredSegment& made = trace.inferred[inferred++];
      segment.id = made.id;
      segment.document = storage::RenderInferred(trace, made);
      segment.inferred = true;
    }
    bytes += segment.document.size();
    if (bytes_max != 0 && bytes > bytes_max) {
      out.limit_exceeded = true;
      break;
    }
    out.segments.push_back(std::move(segment));
  }
  return out;
}

absl::StatusOr<std::vector<TraceId>> ParseBatchIds(
    std::span<const std::string> texts) {
  if (texts.empty()) return Invalid("Zero trace ids provided");
  if (texts.size() > limits::kTraceIdsPerBatchMax) {
    return Invalid("Exceeding maximum query size: " +
                   std::to_string(limits::kTraceIdsPerBatchMax));
  }
  std::vector<TraceId> ids;
  absl::flat_hash_set<TraceId> seen;
  for (const std::string& text : texts) {
    const std::optional<TraceId> id = TraceId::Parse(text);
    if (!id) {
      return Invalid("Invalid trace id " + text + ": incorrect id format");
    }
    if (!seen.insert(*id).second) {
      return Invalid("Containing duplicate trace ids");
    }
    ids.push_back(*id);
  }
  return ids;
}

absl::Status NoSuchTrace(const TraceId& id) {
  return absl::NotFoundError("no trace " + id.ToString());
}

}  // namespace

absl::StatusOr<std::vector<AssembledTrace>> TraceQueries::BatchGetTraces(
    std::span<const std::string> trace_ids, const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceId> ids,
                       ParseBatchIds(trace_ids));
  std::vector<AssembledTrace> out;
  for (const TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                         engine_.GetTraces({&id, 1}, control));
    if (found.empty()) continue;
    RTG_ASSIGN_OR_RETURN(
        const Trace trace,
        storage::AssembleTrace(found.front(), storage::Texts::kWanted));
    out.push_back(Render(trace, limits::kTraceAnswerBytesMax));
  }
  return out;
}

absl::StatusOr<AssembledTrace> TraceQueries::GetTrace(
    const TraceId& id, size_t bytes_max, const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, control));
  if (found.empty()) return NoSuchTrace(id);
  RTG_ASSIGN_OR_RETURN(
      const Trace trace,
      storage::AssembleTrace(found.front(), storage::Texts::kWanted));
  return Render(trace, bytes_max);
}

absl::StatusOr<std::vector<storage::StoredRecord>>
TraceQueries::GetOriginalDocuments(const TraceId& id,
                                   const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, control));
  if (found.empty()) return NoSuchTrace(id);
  return std::move(found.front().records);
}

absl::StatusOr<IndexCheckReport> TraceQueries::CheckIndex(
    const IndexCheckRequest& request, const CallControl& control) const {
  return IndexCheck(engine_, groups_).Run(request, control);
}

absl::StatusOr<std::optional<CompiledFilter>> TraceQueries::Compile(
    const std::string& filter_expression) const {
  if (IsBlank(filter_expression)) return std::optional<CompiledFilter>();
  RTG_ASSIGN_OR_RETURN(CompiledFilter filter,
                       CompileFilter(filter_expression, groups_));
  return std::optional<CompiledFilter>(std::move(filter));
}

std::unique_ptr<LiveTail> TraceQueries::Tail(
    std::optional<CompiledFilter> filter, std::function<void()> wake) const {
  return std::make_unique<LiveTail>(engine_, std::move(filter),
                                    std::move(wake));
}

}  // namespace roentgen::query
