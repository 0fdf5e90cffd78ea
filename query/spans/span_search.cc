#include "query/spans/span_search.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "query/spans/span_match.h"
#include "query/spans/span_predicate.h"

namespace roentgen::query {
namespace {

using storage::FoundTrace;
using storage::TraceRecords;

// Candidates that are looked up at once.
constexpr size_t kPageMin = 64;
constexpr size_t kPageMax = 1'024;

absl::Status Check(const SpanQuery& query) {
  if (query.start_min > query.start_max) {
    return absl::InvalidArgumentError("start_max is before start_min");
  }
  if (query.duration_min_ns > query.duration_max_ns) {
    return absl::InvalidArgumentError("duration_max is less than duration_min");
  }
  if (query.limit > limits::kSpanSearchTracesMax) {
    return absl::InvalidArgumentError(
        "limit " + std::to_string(query.limit) + ": at most " +
        std::to_string(limits::kSpanSearchTracesMax) + " traces");
  }
  const size_t tags = query.attributes.size() + query.words.size();
  if (tags > limits::kSpanSearchTagsMax) {
    return absl::InvalidArgumentError(
        std::to_string(tags) + " attributes: at most " +
        std::to_string(limits::kSpanSearchTagsMax));
  }
  return absl::OkStatus();
}

absl::Status TooManyExamined() {
  return absl::ResourceExhaustedError(
      "the search would have to look at more than " +
      std::to_string(limits::kSpanSearchExaminedMax) +
      " traces; ask for less time, or for a service");
}

// The end of the range is in it.
TimeRange RangeOf(const SpanQuery& query) {
  Timestamp end = query.start_max;
  if (end != Timestamp::Max()) ++end.ns;
  return {query.start_min, end};
}

}  // namespace

absl::Status SpanSearch::Find(const SpanQuery& query, const Call& call,
                              const Visit& visit) const {
  RTG_RETURN_IF_ERROR(Check(query));
  SpanMatcher matcher(query);
  storage::FindRequest request{
      .time_type = storage::TimeRangeType::kLatestStart,
      .range = RangeOf(query),
      .predicate = PredicateOf(query),
      .limit = std::clamp(query.limit, kPageMin, kPageMax)};
  size_t found = 0;
  uint64_t examined = 0;
  bool wanted = query.limit > 0;
  absl::Status status;
  const auto look = [&](TraceRecords records) {
    status = call.Check();
    if (!status.ok()) return false;
    const storage::TraceId id = records.trace_id;
    absl::StatusOr<std::vector<storage::TraceSpan>> spans =
        SpansOf(std::move(records), call);
    if (!spans.ok() && !IsOfOneTrace(spans.status())) {
      status = spans.status();
      return false;
    }
    if (!spans.ok()) {
      LogLeftOut(id, spans.status());
      return true;
    }
    if (!matcher.MatchesAny(*spans)) return true;
    wanted =
        visit({.id = id, .spans = *std::move(spans)}) && ++found < query.limit;
    return wanted;
  };
  while (wanted) {
    RTG_ASSIGN_OR_RETURN(const storage::FindResult page,
                         engine_.Find(request, call));
    std::vector<storage::TraceId> ids;
    for (const FoundTrace& trace : page.traces) {
      ids.push_back(trace.position.trace_id);
    }
    RTG_RETURN_IF_ERROR(VisitRecords(engine_, ids, call, look));
    RTG_RETURN_IF_ERROR(status);
    examined += ids.size();
    if (!page.more || ids.empty()) return absl::OkStatus();
    if (wanted && examined >= limits::kSpanSearchExaminedMax) {
      return TooManyExamined();
    }
    request.after = page.traces.back().position;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SpanTrace>> SpanSearch::Get(
    const storage::TraceId& id, const Call& call) const {
  RTG_ASSIGN_OR_RETURN(std::optional<TraceRecords> found,
                       ReadWithin(engine_, id, call));
  if (!found) return std::optional<SpanTrace>();
  SpanTrace trace{.id = id, .spans = {}};
  RTG_ASSIGN_OR_RETURN(trace.spans, SpansOf(*std::move(found), call));
  return std::optional<SpanTrace>(std::move(trace));
}

absl::StatusOr<std::vector<storage::TraceSpan>> SpanSearch::SpansOf(
    TraceRecords records, const Call& call) const {
  return SpansWithin(std::move(records), call);
}

absl::StatusOr<std::vector<std::string>> SpanSearch::Services(
    const Call& call) const {
  return engine_.Services({}, call);
}

absl::StatusOr<std::vector<storage::Operation>> SpanSearch::Operations(
    const std::string& service, const std::optional<std::string>& kind,
    const Call& call) const {
  RTG_ASSIGN_OR_RETURN(
      std::vector<storage::Operation> operations,
      engine_.Operations({.service = service, .kind = kind, .range = {}},
                         call));
  // Some have the name that others have for want of one.
  for (storage::Operation& o : operations) o.named = true;
  operations.erase(std::unique(operations.begin(), operations.end()),
                   operations.end());
  return operations;
}

absl::StatusOr<std::vector<storage::Operation>> SpanSearch::Operations(
    const Call& call) const {
  RTG_ASSIGN_OR_RETURN(std::vector<storage::Operation> operations,
                       engine_.Operations({}, call));
  if (operations.size() == limits::kOperationsAnswerMax) {
    LogWarn("there are more operations than an answer has",
            {{"shown", operations.size()}});
  }
  return operations;
}

absl::StatusOr<storage::ServiceCalls> SpanSearch::Calls(
    const TimeRange& range, storage::CallSet set, const Call& call) const {
  return engine_.Calls(range, set, call);
}

}  // namespace roentgen::query
