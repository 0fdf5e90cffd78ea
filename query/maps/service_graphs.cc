#include "query/maps/service_graphs.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "query/graph/entity_selector.h"
#include "query/maps/series_reader.h"
#include "query/maps/trace_figures.h"
#include "query/traces/trace_reader.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {
namespace {

using storage::GraphFigures;
using storage::GraphResult;
using storage::Trace;
using storage::TraceId;

constexpr int64_t kNsPerSecond = 1'000'000'000;
// Whole seconds that a Timestamp can hold, with room for what comes before the
// first period of a time series.
constexpr int64_t kSecondMax =
    std::numeric_limits<int64_t>::max() / kNsPerSecond -
    2 * FaultForecast::kMemorySeconds;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

int64_t SecondBelow(Timestamp t) {
  const int64_t second = t.ns / kNsPerSecond - (t.ns % kNsPerSecond < 0);
  return std::clamp(second, -kSecondMax, kSecondMax);
}

int64_t SecondAbove(Timestamp t) {
  const int64_t second = t.ns / kNsPerSecond + (t.ns % kNsPerSecond > 0);
  return std::clamp(second, -kSecondMax, kSecondMax);
}

// The least multiple of `period` that is not below `second`.
int64_t NextMultiple(int64_t second, int64_t period) {
  const int64_t rest = second % period;
  return rest > 0 ? second + period - rest : second - rest;
}

absl::Status CheckToken(const std::string& next_token) {
  if (next_token.empty()) return absl::OkStatus();
  return Invalid("NextToken is currently not supported");
}

absl::Status CheckWindow(Timestamp start, Timestamp end) {
  if (end >= start) return absl::OkStatus();
  return Invalid("End time cannot be earlier than start time");
}

absl::StatusOr<TimeRange> SecondsOf(const MapWindow& window, bool strict) {
  RTG_RETURN_IF_ERROR(CheckWindow(window.start, window.end));
  const int64_t begin = SecondBelow(window.start);
  const int64_t end = SecondAbove(window.end);
  constexpr int64_t kStrictSecondsMax = 6 * 3600;
  if (strict && end - begin > kStrictSecondsMax + 1) {
    return Invalid("Time range cannot be longer than 6 hours");
  }
  return TimeRange{Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)};
}

absl::StatusOr<std::vector<TraceId>> ParseGraphIds(
    std::span<const std::string> texts, bool strict) {
  if (texts.empty()) return Invalid("Zero trace ids provided");
  if (strict && texts.size() > 1) {
    return Invalid("Currently only one trace Id is supported");
  }
  if (texts.size() > limits::kTraceIdsPerBatchMax) {
    return Invalid("Exceeding maximum query size: " +
                   std::to_string(limits::kTraceIdsPerBatchMax));
  }
  std::vector<TraceId> ids;
  for (const std::string& text : texts) {
    const std::optional<TraceId> id = TraceId::Parse(text);
    if (!id) return Invalid("Invalid traceId. ErrorCode: InvalidId");
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) {
      ids.push_back(*id);
    }
  }
  return ids;
}

absl::Status CheckMemory(const GraphFigures& figures, size_t bytes_max) {
  if (storage::MemoryOf(figures) <= bytes_max) return absl::OkStatus();
  return absl::ResourceExhaustedError("the map needs more than its " +
                                      std::to_string(bytes_max) +
                                      " bytes of memory");
}

// The bands of `entries` from `first` (a begin) on, learned from all before.
std::vector<TimeSeriesPoint> PointsOf(std::vector<SeriesEntry> entries,
                                      int64_t first, int64_t period,
                                      bool forecast) {
  FaultForecast faults;
  std::vector<TimeSeriesPoint> points;
  for (SeriesEntry& entry : entries) {
    std::optional<FaultBand> band;
    if (forecast && entry.calls) {
      const int64_t requests = entry.calls->count();
      band = faults.Expect(entry.begin, requests);
      faults.Learn(entry.begin, requests, entry.calls->fault);
    }
    if (entry.begin < first) continue;
    points.push_back({.end = Timestamp::FromSeconds(entry.begin + period),
                      .calls = std::move(entry.calls),
                      .faults_expected = band});
  }
  std::reverse(points.begin(), points.end());
  return points;
}

// What a time series is read with, its selector and group aside.
struct SeriesWindow {
  SeriesQuery query;
  int64_t first = 0;  // Begin of the first period that is shown.
};

absl::StatusOr<SeriesWindow> WindowOf(const TimeSeriesRequest& request) {
  const int64_t period = request.period_seconds;
  if (period != 60 && period != 300) {
    return Invalid("Time period must be one of [60, 300]");
  }
  RTG_RETURN_IF_ERROR(CheckWindow(request.start, request.end));
  const int64_t first_end = NextMultiple(SecondBelow(request.start), period);
  // The end after the last one.
  const int64_t stop_end = NextMultiple(SecondBelow(request.end), period);
  const int64_t periods = (stop_end - first_end) / period;
  if (periods > static_cast<int64_t>(limits::kTimeSeriesPeriodsMax)) {
    return Invalid(
        "Time range has " + std::to_string(periods) + " periods of " +
        std::to_string(period) + " seconds; at most " +
        std::to_string(limits::kTimeSeriesPeriodsMax) + " in one call");
  }
  SeriesWindow window;
  window.first = first_end - period;
  window.query.begin = window.first;
  window.query.end = stop_end - period;
  window.query.period = period;
  return window;
}

}  // namespace

// Which traces a map is made of.
struct ServiceGraphs::Selection {
  std::string group_id;
  GroupHistory history;
  std::optional<CompiledFilter> filter;
};

const GroupLookup& ServiceGraphs::Lookup() const {
  if (options_.groups != nullptr) return *options_.groups;
  return NoGroups();
}

absl::StatusOr<ServiceGraphs::Selection> ServiceGraphs::Select(
    const GroupKey& group, const std::string& filter) const {
  Selection selection;
  if (group.name || group.arn) {
    if (options_.groups == nullptr) return Invalid("Group not found.");
    absl::StatusOr<GroupMembership> found = options_.groups->Membership(group);
    if (!found.ok()) {
      // The operations on groups say it without the full stop.
      if (GroupCatalog::IsAbsent(found.status())) {
        return Invalid("Group not found.");
      }
      return found.status();
    }
    selection.group_id = std::move(found->id);
    selection.history = std::move(found->history);
  }
  if (IsBlank(filter)) return selection;
  if (!selection.group_id.empty()) {
    return Invalid(
        "give a group or a filter expression, not both; an expression may "
        "name the group: group.name = \"...\"");
  }
  RTG_ASSIGN_OR_RETURN(CompiledFilter compiled,
                       CompileFilter(filter, Lookup()));
  selection.filter.emplace(std::move(compiled));
  return selection;
}

absl::StatusOr<ServiceGraphAnswer> ServiceGraphs::Graph(
    const ServiceGraphRequest& request, const Call& call,
    const OnProgress& on_progress) const {
  RTG_RETURN_IF_ERROR(CheckToken(request.next_token));
  const bool strict = options_.strict_aws_limits;
  RTG_ASSIGN_OR_RETURN(const TimeRange range,
                       SecondsOf(request.window, strict));
  std::optional<TimeRange> before_range;
  if (request.compare_with) {
    RTG_ASSIGN_OR_RETURN(before_range,
                         SecondsOf(*request.compare_with, strict));
  }
  RTG_ASSIGN_OR_RETURN(const Selection selection,
                       Select(request.group, request.filter_expression));
  ServiceGraphAnswer answer;
  answer.old_group_versions =
      ChangedWithin(selection.history, range) ||
      (before_range && ChangedWithin(selection.history, *before_range));
  RTG_ASSIGN_OR_RETURN(GraphFigures figures,
                       Figures(range, selection, call, on_progress, answer));
  if (before_range) {
    RTG_ASSIGN_OR_RETURN(
        const GraphFigures before,
        Figures(*before_range, selection, call, on_progress, answer));
    answer.changes = CompareMaps(before, figures);
  }
  answer.map = BuildServiceMap(std::move(figures), MapTimes::kShown);
  return answer;
}

absl::StatusOr<GraphFigures> ServiceGraphs::Figures(
    const TimeRange& range, const Selection& selection, const Call& call,
    const OnProgress& on_progress, ServiceGraphAnswer& answer) const {
  if (range.begin >= range.end) return GraphFigures();
  storage::GraphRequest graph{.range = range,
                              .period = absl::ZeroDuration(),
                              .group_id = selection.group_id,
                              .predicate = std::nullopt};
  if (selection.filter) graph.predicate = selection.filter->plan;
  RTG_ASSIGN_OR_RETURN(GraphResult result, engine_.Graph(graph, call));
  answer.scope.Add(result.scope);
  GraphFigures figures;
  if (!result.periods.empty()) {
    figures = std::move(result.periods.begin()->second);
  }
  answer.progress.to_examine += result.unsure.size();
  if (!selection.filter || result.unsure.empty()) return figures;
  RTG_RETURN_IF_ERROR(Examine(result.unsure, range, *selection.filter, call,
                              on_progress, answer.progress, figures));
  return figures;
}

absl::Status ServiceGraphs::Examine(std::span<const TraceId> unsure,
                                    const TimeRange& range,
                                    const CompiledFilter& filter,
                                    const Call& call,
                                    const OnProgress& on_progress,
                                    GraphProgress& progress,
                                    GraphFigures& figures) const {
  constexpr uint64_t kTracesPerReport = 500;
  if (on_progress) on_progress(progress);
  const absl::Time now = call.clock().Now().ToTime();
  const absl::Time stop_at = now + (call.deadline() - now) * 3 / 4;
  TraceFiguresBuilder builder(engine_, range, std::move(figures));
  absl::Status visited;
  RTG_RETURN_IF_ERROR(
      VisitTraces(engine_, unsure, call, [&](const Trace& trace) {
        visited = call.Check();
        if (!visited.ok()) return false;
        if (progress.examined == limits::kGraphTracesExaminedMax ||
            call.clock().Now().ToTime() > stop_at) {
          progress.incomplete = true;
          return false;
        }
        ++progress.examined;
        if (filter.evaluator.Matches(trace, storage::Summarize(trace))) {
          ++progress.matched;
          visited = builder.Add(trace, call);
        }
        if (visited.ok() && progress.examined % kTracesPerReport == 0) {
          visited = CheckMemory(builder.figures(), call.memory_bytes_max());
          if (on_progress) on_progress(progress);
        }
        return visited.ok();
      }));
  RTG_RETURN_IF_ERROR(visited);
  figures = std::move(builder).Take();
  return CheckMemory(figures, call.memory_bytes_max());
}

absl::StatusOr<ServiceMap> ServiceGraphs::OfTraces(
    std::span<const std::string> trace_ids, const std::string& next_token,
    const Call& call) const {
  RTG_RETURN_IF_ERROR(CheckToken(next_token));
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceId> ids,
                       ParseGraphIds(trace_ids, options_.strict_aws_limits));
  RTG_ASSIGN_OR_RETURN(ServiceMap map, MapOf(ids, call));
  if (map.nodes.empty()) return Invalid("Trace id not found");
  return map;
}

absl::StatusOr<ServiceMap> ServiceGraphs::MapOf(std::span<const TraceId> ids,
                                                const Call& call) const {
  TraceFiguresBuilder builder(engine_, TimeRange());
  // One by one: traces may be large.
  for (const TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(const std::optional<storage::TraceRecords> records,
                         ReadWithin(engine_, id, call));
    if (!records) continue;
    RTG_ASSIGN_OR_RETURN(const Trace trace, AssembleWithin(*records, call));
    RTG_RETURN_IF_ERROR(builder.Add(trace, call));
    RTG_RETURN_IF_ERROR(
        CheckMemory(builder.figures(), call.memory_bytes_max()));
  }
  return BuildServiceMap(std::move(builder).Take(), MapTimes::kHidden);
}

absl::StatusOr<TimeSeriesAnswer> ServiceGraphs::TimeSeries(
    const TimeSeriesRequest& request, const Call& call) const {
  RTG_RETURN_IF_ERROR(CheckToken(request.next_token));
  RTG_ASSIGN_OR_RETURN(SeriesWindow window, WindowOf(request));
  SeriesQuery& query = window.query;
  if (!request.selector.empty()) {
    RTG_ASSIGN_OR_RETURN(query.selector, ParseEntitySelector(request.selector));
  }
  if (request.forecast && !(query.selector && query.selector->has_id)) {
    return Invalid(
        "ForecastStatistics needs an EntitySelectorExpression with id()");
  }
  RTG_ASSIGN_OR_RETURN(const Selection selection, Select(request.group, ""));
  query.group_id = selection.group_id;
  if (request.forecast && query.begin < query.end) {
    query.begin -= FaultForecast::kMemorySeconds;
  }
  TimeSeriesAnswer answer;
  answer.of_edges = !query.selector || query.selector->of_edges();
  answer.old_group_versions = ChangedWithin(
      selection.history, {Timestamp::FromSeconds(window.first),
                          Timestamp::FromSeconds(window.query.end)});
  RTG_ASSIGN_OR_RETURN(std::vector<SeriesEntry> entries,
                       ReadSeries(engine_, query, call, answer.scope));
  answer.points = PointsOf(std::move(entries), window.first, query.period,
                           request.forecast);
  return answer;
}

}  // namespace roentgen::query
