#include "query/trace_queries.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "query/page_token.h"
#include "storage/assembly/render.h"
#include "storage/assembly/summarize.h"
#include "storage/assembly/trace.h"
#include "xxhash.h"

namespace roentgen::query {
namespace {

using storage::FindRequest;
using storage::FindResult;
using storage::TimeRangeType;
using storage::Trace;
using storage::TraceId;
using storage::TracePosition;
using storage::TraceRecords;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

std::string_view NameOf(TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kTraceId:
      return "TraceId";
    case TimeRangeType::kEvent:
      return "Event";
    case TimeRangeType::kService:
      return "Service";
  }
  return "";
}

// Everything that decides what a search returns, except its token.
uint64_t HashOf(const TraceSummariesRequest& r) {
  const bool fixed_rate = r.sampling && r.strategy &&
                          r.strategy->name == SamplingStrategyName::kFixedRate;
  const double rate = fixed_rate ? r.strategy->value.value_or(1.0) : 1.0;
  char bytes[8 + 8 + 1 + 8];
  std::memcpy(bytes, &r.start.ns, 8);
  std::memcpy(bytes + 8, &r.end.ns, 8);
  bytes[16] = static_cast<char>(r.time_type);
  std::memcpy(bytes + 17, &rate, 8);
  const uint64_t seed =
      XXH3_64bits(r.filter_expression.data(), r.filter_expression.size());
  return XXH3_64bits_withSeed(bytes, sizeof(bytes), seed);
}

absl::Status CheckSampling(const TraceSummariesRequest& r) {
  if (!r.sampling || !r.strategy ||
      r.strategy->name != SamplingStrategyName::kFixedRate) {
    return absl::OkStatus();
  }
  if (r.time_type != TimeRangeType::kEvent) {
    return Invalid("Cannot use FixedRate with input time range type: " +
                   std::string(NameOf(r.time_type)) +
                   ". Please try using time range type: Event");
  }
  const std::optional<double> value = r.strategy->value;
  if (!value || !(*value >= 0 && *value <= 1)) {
    return Invalid(
        "sampling rate must be specified and its value must be between "
        "[0, 1]");
  }
  return absl::OkStatus();
}

// The same traces at every call: chosen by their ids.
bool IsSampled(const TraceId& id, double rate) {
  const std::string_view bytes = id.AsBytes();
  constexpr double kHashSpan = 18446744073709551616.0;  // 2^64.
  const uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  return static_cast<double>(hash) < rate * kHashSpan;
}

AssembledTrace Render(const Trace& trace, size_t bytes_max) {
  AssembledTrace out;
  out.id = trace.id;
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

Timestamp WholeSecond(Timestamp t) {
  const int64_t second = 1'000'000'000;
  int64_t below = t.ns % second;
  if (below < 0) below += second;
  return {t.ns - below};
}

}  // namespace

absl::StatusOr<std::vector<AssembledTrace>> TraceQueries::BatchGetTraces(
    std::span<const std::string> trace_ids, absl::Time deadline) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceId> ids,
                       ParseBatchIds(trace_ids));
  std::vector<AssembledTrace> out;
  for (const TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                         engine_.GetTraces({&id, 1}, deadline));
    if (found.empty()) continue;
    RTG_ASSIGN_OR_RETURN(const Trace trace,
                         storage::AssembleTrace(found.front()));
    out.push_back(Render(trace, limits::kTraceAnswerBytesMax));
  }
  return out;
}

absl::StatusOr<AssembledTrace> TraceQueries::GetTrace(const TraceId& id,
                                                      size_t bytes_max,
                                                      absl::Time deadline) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, deadline));
  if (found.empty()) return NoSuchTrace(id);
  RTG_ASSIGN_OR_RETURN(const Trace trace,
                       storage::AssembleTrace(found.front()));
  return Render(trace, bytes_max);
}

absl::StatusOr<std::vector<storage::StoredRecord>>
TraceQueries::GetOriginalDocuments(const TraceId& id, absl::Time deadline) {
  RTG_ASSIGN_OR_RETURN(std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, deadline));
  if (found.empty()) return NoSuchTrace(id);
  return std::move(found.front().records);
}

absl::Status TraceQueries::CheckRequest(
    const TraceSummariesRequest& request) const {
  if (request.end < request.start) {
    return Invalid("End time cannot be earlier than start time");
  }
  if (options_.strict_aws_limits &&
      request.end - request.start > absl::Hours(24)) {
    return Invalid("Time range cannot be longer than 24 hours");
  }
  if (!request.filter_expression.empty()) {
    return Invalid(
        "FilterExpression is not supported by this version of Roentgen; "
        "leave it out to get all traces of the range");
  }
  return CheckSampling(request);
}

absl::Status TraceQueries::AppendSummaries(
    const FindResult& found, TimeRangeType time_type, absl::Time deadline,
    std::vector<storage::TraceSummary>& summaries) {
  // A few at a time: traces may be large, summaries are not.
  constexpr size_t kTracesAtOnce = 8;
  for (size_t i = 0; i < found.traces.size(); i += kTracesAtOnce) {
    std::vector<TraceId> ids;
    const size_t end = std::min(i + kTracesAtOnce, found.traces.size());
    for (size_t j = i; j < end; ++j)
      ids.push_back(found.traces[j].position.trace_id);
    RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> traces,
                         ReadIntact(ids, deadline));
    for (const TraceRecords& records : traces) {
      RTG_ASSIGN_OR_RETURN(const Trace trace, storage::AssembleTrace(records));
      storage::TraceSummary& summary =
          summaries.emplace_back(storage::Summarize(trace));
      if (time_type == TimeRangeType::kEvent) {
        summary.matched_event_time = trace.times.event;
      }
    }
  }
  return absl::OkStatus();
}

// A damaged trace costs itself, not the page it is on.
absl::StatusOr<std::vector<TraceRecords>> TraceQueries::ReadIntact(
    const std::vector<TraceId>& ids, absl::Time deadline) {
  absl::StatusOr<std::vector<TraceRecords>> all =
      engine_.GetTraces(ids, deadline);
  if (!absl::IsDataLoss(all.status())) return all;
  std::vector<TraceRecords> intact;
  for (const TraceId& id : ids) {
    absl::StatusOr<std::vector<TraceRecords>> one =
        engine_.GetTraces({&id, 1}, deadline);
    if (absl::IsDataLoss(one.status())) {
      LogError("trace is damaged, left out of a search",
               {{"trace", id.ToString()}, {"error", one.status().ToString()}});
      continue;
    }
    if (!one.ok()) return one.status();
    for (TraceRecords& records : *one) intact.push_back(std::move(records));
  }
  return intact;
}

absl::StatusOr<TraceSummariesPage> TraceQueries::GetTraceSummaries(
    const TraceSummariesRequest& request, absl::Time deadline) {
  RTG_RETURN_IF_ERROR(CheckRequest(request));
  FindRequest find{.time_type = request.time_type,
                   .range = {request.start, request.end},
                   .after = std::nullopt,
                   .limit = limits::kSummariesPerPage};
  const uint64_t request_hash = HashOf(request);
  if (!request.next_token.empty()) {
    find.after =
        DecodePageToken(request.next_token, request_hash, options_.token_key);
    if (!find.after) return Invalid("Invalid token " + request.next_token);
  }
  const bool fixed_rate =
      request.sampling && request.strategy &&
      request.strategy->name == SamplingStrategyName::kFixedRate;

  RTG_ASSIGN_OR_RETURN(FindResult found, engine_.Find(find, deadline));
  TraceSummariesPage page;
  page.traces_processed = static_cast<int64_t>(found.traces.size());
  page.approximate_time = WholeSecond(request.start);
  if (found.more) {
    const TracePosition& last = found.traces.back().position;
    page.approximate_time = {last.key};
    page.next_token = EncodePageToken(last, request_hash, options_.token_key);
  }
  if (fixed_rate) {
    // Short pages with a token are legal.
    std::erase_if(found.traces, [&](const storage::FoundTrace& trace) {
      return !IsSampled(trace.position.trace_id, *request.strategy->value);
    });
  }
  RTG_RETURN_IF_ERROR(
      AppendSummaries(found, request.time_type, deadline, page.summaries));
  return page;
}

}  // namespace roentgen::query
