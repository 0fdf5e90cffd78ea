#include "query/search/summary_search.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "query/search/page_token.h"
#include "query/search/search_explanation.h"
#include "query/search/service_window.h"
#include "query/traces/trace_reader.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace_order.h"
#include "xxhash.h"

namespace roentgen::query {
namespace {

using storage::AggregateRequest;
using storage::AggregateResult;
using storage::FindOrder;
using storage::FindRequest;
using storage::FindResult;
using storage::GroupBy;
using storage::GroupKey;
using storage::TimeRangeType;
using storage::Trace;
using storage::TraceId;
using storage::TracePosition;
using storage::TraceSummary;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

std::string_view NameOf(TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kTraceId:
      return "TraceId";
    case TimeRangeType::kEvent:
      return "Event";
    case TimeRangeType::kLatestStart:
      break;
    case TimeRangeType::kService:
      return "Service";
  }
  return "";
}

// The share of traces to return; nothing for all.
std::optional<double> FixedRateOf(const TraceSummariesRequest& r) {
  if (!r.sampling || !r.strategy ||
      r.strategy->name != SamplingStrategyName::kFixedRate) {
    return std::nullopt;
  }
  return r.strategy->value.value_or(1.0);
}

// Everything that decides what a search returns, except its token.
uint64_t HashOf(const TraceSummariesRequest& r) {
  const double rate = FixedRateOf(r).value_or(1.0);
  char bytes[8 + 8 + 1 + 8];
  std::memcpy(bytes, &r.start.ns, 8);
  std::memcpy(bytes + 8, &r.end.ns, 8);
  bytes[16] = static_cast<char>(static_cast<int>(r.time_type) +
                                16 * static_cast<int>(r.order));
  std::memcpy(bytes + 17, &rate, 8);
  const uint64_t seed =
      XXH3_64bits(r.filter_expression.data(), r.filter_expression.size());
  return XXH3_64bits_withSeed(bytes, sizeof(bytes), seed);
}

absl::Status CheckSampling(const TraceSummariesRequest& r) {
  if (!FixedRateOf(r)) return absl::OkStatus();
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

Timestamp WholeSecond(Timestamp t) {
  const int64_t second = 1'000'000'000;
  int64_t below = t.ns % second;
  if (below < 0) below += second;
  return {t.ns - below};
}

bool IsServiceWindow(const TraceSummariesRequest& request,
                     const std::optional<CompiledFilter>& filter) {
  return request.time_type == TimeRangeType::kService && filter &&
         !filter->services.empty();
}

// A service's last segment may end before the trace's does, and not before
// the trace starts.
void WidenToServices(FindRequest& find) {
  std::vector<storage::TracePredicate> terms;
  terms.push_back({storage::TracePredicate::Number{
      storage::NumberField::kStart,
      {{{Timestamp::Min().ns, find.range.end.ns - 1}}}}});
  terms.push_back(*std::move(find.predicate));
  find.predicate = {storage::TracePredicate::AllOf{std::move(terms)}};
  find.range.end = Timestamp::Max();
}

bool IsMatch(const TraceSummariesRequest& request,
             const std::optional<CompiledFilter>& filter, const Trace& trace,
             const TraceSummary& summary) {
  if (!filter) return true;
  if (IsServiceWindow(request, filter)) {
    const TimeRange range{request.start, request.end};
    const auto end = LatestEnd(trace, filter->services);
    if (!end || !range.Contains(*end)) return false;
  }
  return filter->evaluator.Matches(trace, summary);
}

// Of a page that ends with that trace.
uint64_t PassedAt(const TracePosition& last, const FindResult& found) {
  const auto at = std::find_if(
      found.traces.begin(), found.traces.end(),
      [&](const storage::FoundTrace& f) { return f.position == last; });
  return at == found.traces.end() ? found.passed : at->passed;
}

// Candidates of one look at the index. The first page of a plan without
// doubts needs one look; others ask for more at a time.
constexpr size_t kCandidatesMax = 2'048;

// Whether the index knows that the trace matches, and its summary.
bool IsTold(const FindResult& found, size_t i) {
  return i < found.summaries.size() && found.summaries[i] &&
         found.traces[i].certain;
}

void KeepSampled(double rate, FindResult& found) {
  size_t kept = 0;
  for (size_t i = 0; i < found.traces.size(); ++i) {
    if (!IsSampled(found.traces[i].position.trace_id, rate)) continue;
    if (!found.summaries.empty() && kept != i) {
      found.summaries[kept] = std::move(found.summaries[i]);
    }
    found.traces[kept++] = found.traces[i];
  }
  found.traces.resize(kept);
  if (!found.summaries.empty()) found.summaries.resize(kept);
}

void AddToGroup(const TraceSummary& summary, GroupKey key,
                AggregateResult& result) {
  result.groups[std::move(key)].Add(summary.duration);
}

void AddFigures(const Trace& trace, const TraceFiguresRequest& request,
                AggregateResult& result) {
  const TraceSummary summary = storage::Summarize(trace);
  result.total.Add(summary.duration);
  const auto add = [&](storage::AnnotationValue value) {
    AddToGroup(summary, {.service = {}, .value = std::move(value)}, result);
  };
  switch (request.group_by) {
    case GroupBy::kNone:
      break;
    case GroupBy::kUrl:
      if (!summary.http.url.empty()) add(summary.http.url);
      break;
    case GroupBy::kUser:
      for (const storage::TraceUser& user : summary.users) add(user.name);
      break;
    case GroupBy::kService: {
      std::set<storage::ServiceId> services;
      const storage::TraceObservations seen = storage::Observe(trace);
      for (const storage::NodeObservation& node : seen.nodes) {
        services.insert(seen.services[node.service]);
      }
      for (const storage::ServiceId& service : services) {
        AddToGroup(summary, {.service = service, .value = {}}, result);
      }
      break;
    }
    case GroupBy::kAnnotation: {
      const auto found = summary.annotations.find(request.annotation_key);
      if (found == summary.annotations.end()) break;
      for (const auto& entry : found->second) add(entry.value);
      break;
    }
  }
}

}  // namespace

// How far a page has come.
struct SummarySearch::Progress {
  TraceSummariesPage page;
  SearchCosts costs;
  absl::Time stop_at;  // Short pages are better than none.
  std::optional<TracePosition> last;
  uint64_t passed = 0;  // Traces of the range, whatever they match.
  storage::AnswerScope scope;
  bool full = false;
  bool more = false;
};

absl::Status SummarySearch::CheckRange(Timestamp start, Timestamp end) const {
  if (end < start) return Invalid("End time cannot be earlier than start time");
  if (options_.strict_aws_limits && end - start > absl::Hours(24)) {
    return Invalid("Time range cannot be longer than 24 hours");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<CompiledFilter>> SummarySearch::Compile(
    const std::string& expression) const {
  if (IsBlank(expression)) return std::optional<CompiledFilter>();
  RTG_ASSIGN_OR_RETURN(CompiledFilter filter,
                       CompileFilter(expression, *options_.groups));
  return std::optional<CompiledFilter>(std::move(filter));
}

absl::StatusOr<TraceSummariesPage> SummarySearch::Page(
    const TraceSummariesRequest& request, const Call& call) const {
  RTG_RETURN_IF_ERROR(CheckRange(request.start, request.end));
  RTG_RETURN_IF_ERROR(CheckSampling(request));
  RTG_ASSIGN_OR_RETURN(const std::optional<CompiledFilter> filter,
                       Compile(request.filter_expression));
  FindRequest find{.time_type = request.time_type,
                   .range = {request.start, request.end},
                   .predicate = {},
                   .order = request.order,
                   .after = {},
                   .limit = limits::kSummariesPerPage};
  if (filter) {
    find.predicate = filter->plan;
    find.counted = find.range;
  }
  if (IsServiceWindow(request, filter)) WidenToServices(find);
  const uint64_t request_hash = HashOf(request);
  if (!request.next_token.empty()) {
    find.after =
        DecodePageToken(request.next_token, request_hash, options_.token_key);
    if (!find.after) return Invalid("Invalid token " + request.next_token);
  }

  Progress progress;
  const absl::Time now = call.clock().Now().ToTime();
  progress.stop_at = now + (call.deadline() - now) / 2;
  RTG_RETURN_IF_ERROR(Collect(request, filter, find, call, progress));

  TraceSummariesPage page = std::move(progress.page);
  page.approximate_time = WholeSecond(request.start);
  if (progress.more) {
    if (request.order == FindOrder::kTime) {
      page.approximate_time.ns = std::min(progress.last->key, request.end.ns);
    }
    page.next_token =
        EncodePageToken(*progress.last, request_hash, options_.token_key);
  }
  page.traces_processed = static_cast<int64_t>(
      filter ? progress.passed : progress.costs.candidates);
  page.scope = std::move(progress.scope);
  if (request.explain) {
    page.explanation = Explain(filter, progress.costs, page.scope);
  }
  return page;
}

absl::Status SummarySearch::Collect(const TraceSummariesRequest& request,
                                    const std::optional<CompiledFilter>& filter,
                                    FindRequest find, const Call& call,
                                    Progress& progress) const {
  const std::optional<double> rate = FixedRateOf(request);
  while (true) {
    // When a service ended is in the trace alone.
    if (!IsServiceWindow(request, filter)) {
      find.summaries =
          limits::kSummariesPerPage - progress.page.summaries.size();
    }
    RTG_ASSIGN_OR_RETURN(FindResult found, engine_.Find(find, call));
    progress.costs.index.Add(found.stats);
    progress.scope.Add(found.scope);
    progress.more = found.more;
    const uint64_t passed_before =
        std::exchange(progress.passed, progress.passed + found.passed);
    // In another order the first look has counted all.
    if (request.order != FindOrder::kTime) find.counted.reset();
    if (found.traces.empty()) return absl::OkStatus();
    const TracePosition end = found.traces.back().position;
    progress.costs.candidates += found.traces.size();
    if (rate) KeepSampled(*rate, found);
    RTG_RETURN_IF_ERROR(Examine(request, filter, found, call, progress));
    if (progress.full && *progress.last != end) {
      progress.more = true;
      if (request.order == FindOrder::kTime) {
        progress.passed = passed_before + PassedAt(*progress.last, found);
      }
    }
    if (progress.full) return absl::OkStatus();
    progress.last = end;
    // A page without a filter is one look, however many of it were sampled.
    if (!found.more || !filter) return absl::OkStatus();
    find.after = end;
    find.limit = std::min(find.limit * 4, kCandidatesMax);
  }
}

absl::Status SummarySearch::Examine(const TraceSummariesRequest& request,
                                    const std::optional<CompiledFilter>& filter,
                                    FindResult& found, const Call& call,
                                    Progress& progress) const {
  const auto add = [&](TraceSummary summary) {
    ++progress.costs.matched;
    if (request.time_type != TimeRangeType::kEvent) {
      summary.matched_event_time.reset();
    }
    progress.page.summaries.push_back(std::move(summary));
  };
  // Whether the page ends at this trace.
  const auto pass = [&](size_t i) {
    progress.last = found.traces[i].position;
    progress.full =
        progress.page.summaries.size() == limits::kSummariesPerPage ||
        (filter && call.clock().Now().ToTime() > progress.stop_at);
    return progress.full;
  };
  // Of the others, the index tells that they match and what they are.
  std::vector<TraceId> to_read;
  for (size_t i = 0; i < found.traces.size(); ++i) {
    if (!IsTold(found, i)) {
      to_read.push_back(found.traces[i].position.trace_id);
    }
  }
  size_t at = 0;
  // Adds those before `end`.
  const auto add_told = [&](size_t end) {
    for (; at < end && !progress.full; ++at) {
      // Is not stored any more, or was left out.
      if (!IsTold(found, at)) continue;
      ++progress.costs.told;
      add(*std::move(found.summaries[at]));
      pass(at);
    }
  };
  absl::Status visited;
  const auto visit = [&](const Trace& trace) {
    size_t place = at;
    while (found.traces[place].position.trace_id != trace.id) ++place;
    add_told(place);
    if (progress.full) return false;
    visited = call.Check();
    if (!visited.ok()) return false;
    TraceSummary summary = storage::Summarize(trace);
    ++progress.costs.evaluated;
    if (IsMatch(request, filter, trace, summary)) {
      summary.matched_event_time = trace.times.event;
      add(std::move(summary));
    }
    at = place + 1;
    return !pass(place);
  };
  RTG_RETURN_IF_ERROR(VisitTraces(engine_, to_read, call, visit));
  add_told(found.traces.size());
  return visited;
}

absl::StatusOr<TraceFiguresAnswer> SummarySearch::Figures(
    const TraceFiguresRequest& request, const Call& call) const {
  RTG_RETURN_IF_ERROR(CheckRange(request.start, request.end));
  if (request.group_by == GroupBy::kAnnotation &&
      request.annotation_key.empty()) {
    return Invalid("grouping by an annotation needs the annotation's key");
  }
  RTG_ASSIGN_OR_RETURN(const std::optional<CompiledFilter> filter,
                       Compile(request.filter_expression));
  AggregateRequest aggregate{.time_type = request.time_type,
                             .range = {request.start, request.end},
                             .predicate = {},
                             .group_by = request.group_by,
                             .annotation_key = request.annotation_key};
  if (filter) aggregate.predicate = filter->plan;
  RTG_ASSIGN_OR_RETURN(AggregateResult result,
                       engine_.Aggregate(aggregate, call));
  SearchCosts costs;
  costs.index = result.stats;
  costs.candidates = result.total.traces + result.unsure.size();
  costs.evaluated = result.unsure.size();
  RTG_RETURN_IF_ERROR(AddUnsure(request, filter, call, result));
  costs.matched = result.total.traces;

  TraceFiguresAnswer answer;
  answer.scope = std::move(result.scope);
  answer.total = std::move(result.total);
  for (auto& [key, figures] : result.groups) {
    answer.groups.emplace_back(key, std::move(figures));
  }
  std::stable_sort(answer.groups.begin(), answer.groups.end(),
                   [](const auto& a, const auto& b) {
                     return a.second.traces > b.second.traces;
                   });
  answer.groups_cut = answer.groups.size() > limits::kGroupsPerAnswerMax;
  if (answer.groups_cut) answer.groups.resize(limits::kGroupsPerAnswerMax);
  if (request.explain) {
    answer.explanation = Explain(filter, costs, answer.scope);
  }
  return answer;
}

absl::Status SummarySearch::AddUnsure(
    const TraceFiguresRequest& request,
    const std::optional<CompiledFilter>& filter, const Call& call,
    AggregateResult& result) const {
  const TimeRange range{request.start, request.end};
  absl::Status checked;
  RTG_RETURN_IF_ERROR(
      VisitTraces(engine_, result.unsure, call, [&](const Trace& trace) {
        checked = call.Check();
        if (!checked.ok()) return false;
        const auto time = storage::TimeOf(trace.times, request.time_type);
        if (!time || !range.Contains(*time)) return true;
        if (filter &&
            !filter->evaluator.Matches(trace, storage::Summarize(trace))) {
          return true;
        }
        AddFigures(trace, request, result);
        return true;
      }));
  RTG_RETURN_IF_ERROR(checked);
  if (storage::MemoryOf(result) > call.memory_bytes_max()) {
    return absl::ResourceExhaustedError(
        "the search needs more than its " +
        std::to_string(call.memory_bytes_max()) +
        " bytes of memory: too many groups");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::query
