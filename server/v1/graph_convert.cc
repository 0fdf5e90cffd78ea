#include "server/v1/graph_convert.h"

#include <string>

#include "base/limits.h"
#include "base/status_macros.h"
#include "server/v1/proto_convert.h"

namespace roentgen::server {
namespace {

using storage::CallFigures;
using storage::DurationHistogram;

absl::StatusOr<query::MapWindow> WindowOf(const v1::GraphWindow& window,
                                          const std::string& member) {
  absl::StatusOr<TimeRange> range = RangeOf(window);
  if (!range.ok()) {
    return absl::InvalidArgumentError(member + "." +
                                      std::string(range.status().message()));
  }
  return query::MapWindow{.start = range->begin, .end = range->end};
}

query::GroupKey GroupOf(const v1::GraphSelection& selection) {
  query::GroupKey key;
  if (!selection.group_name().empty()) key.name = selection.group_name();
  if (!selection.group_arn().empty()) key.arn = selection.group_arn();
  return key;
}

template <typename Response>
void ScopeToProto(const storage::AnswerScope& scope, Response* out) {
  // Of an empty window nothing was asked.
  if (scope.as_of == Timestamp::Max()) return;
  ToProto(scope.as_of, out->mutable_as_of());
  out->mutable_missing()->Assign(scope.missing.begin(), scope.missing.end());
}

v1::NodeState StateOf(query::NodeState state) {
  switch (state) {
    case query::NodeState::kActive:
      return v1::NODE_STATE_ACTIVE;
    case query::NodeState::kUnknown:
      return v1::NODE_STATE_UNKNOWN;
    case query::NodeState::kPassive:
      return v1::NODE_STATE_PASSIVE;
  }
  return v1::NODE_STATE_UNSPECIFIED;
}

v1::ChangeKind KindOf(query::ChangeKind kind) {
  switch (kind) {
    case query::ChangeKind::kFailsMore:
      return v1::CHANGE_KIND_FAILS_MORE;
    case query::ChangeKind::kSlower:
      return v1::CHANGE_KIND_SLOWER;
    case query::ChangeKind::kVanished:
      return v1::CHANGE_KIND_VANISHED;
    case query::ChangeKind::kAppeared:
      return v1::CHANGE_KIND_APPEARED;
    case query::ChangeKind::kFailsLess:
      return v1::CHANGE_KIND_FAILS_LESS;
    case query::ChangeKind::kFaster:
      return v1::CHANGE_KIND_FASTER;
    case query::ChangeKind::kSame:
      return v1::CHANGE_KIND_SAME;
  }
  return v1::CHANGE_KIND_UNSPECIFIED;
}

void HistogramToProto(
    const DurationHistogram& from,
    google::protobuf::RepeatedPtrField<v1::HistogramEntry>* to) {
  from.ForEach([&](uint32_t bin, int64_t count) {
    v1::HistogramEntry* entry = to->Add();
    ToProto(absl::Microseconds(DurationHistogram::MicrosecondsOf(bin)),
            entry->mutable_value());
    entry->set_count(count);
  });
}

void CallsToProto(const CallFigures& from, Histograms histograms,
                  v1::CallStatistics* to) {
  to->set_total_count(from.count());
  to->set_ok_count(from.ok);
  to->set_error_count(from.error);
  to->set_throttle_count(from.throttle);
  to->set_fault_count(from.fault);
  ToProto(absl::Nanoseconds(from.total_ns), to->mutable_total_response_time());
  const DurationHistogram& times = from.response_times;
  if (times.count() == 0) return;
  ToProto(times.Percentile(0.5), to->mutable_p50());
  ToProto(times.Percentile(0.9), to->mutable_p90());
  ToProto(times.Percentile(0.95), to->mutable_p95());
  ToProto(times.Percentile(0.99), to->mutable_p99());
  if (histograms == Histograms::kShown) {
    HistogramToProto(times, to->mutable_response_times());
  }
}

void EdgeToProto(const query::MapEdge& from, Histograms histograms,
                 v1::GraphEdge* to) {
  to->set_target(static_cast<int32_t>(from.target));
  to->set_link(from.link);
  CallsToProto(from.figures.calls, histograms, to->mutable_calls());
  for (const auto& [alias, count] : from.figures.aliases) {
    v1::GraphAlias* out = to->add_aliases();
    out->set_name(alias.name);
    out->set_type(alias.type);
  }
  if (histograms == Histograms::kShown) {
    HistogramToProto(from.figures.ages, to->mutable_received_event_ages());
  }
}

template <typename Message>
void TimesToProto(const std::optional<TimeRange>& times, Message* to) {
  if (!times) return;
  ToProto(times->begin, to->mutable_start_time());
  ToProto(times->end, to->mutable_end_time());
}

void ShapeToProto(const query::CallShape& from, v1::CallShape* to) {
  to->set_total_count(from.count);
  to->set_fault_share(from.fault_share);
  to->set_error_share(from.error_share);
  if (from.count == 0) return;
  ToProto(from.p50, to->mutable_p50());
  ToProto(from.p95, to->mutable_p95());
}

}  // namespace

absl::StatusOr<query::ServiceGraphRequest> FromProto(
    const v1::GetServiceGraphRequest& request) {
  query::ServiceGraphRequest out;
  RTG_ASSIGN_OR_RETURN(out.window, WindowOf(request.window(), "window"));
  out.group = GroupOf(request.selection());
  out.filter_expression = request.selection().filter_expression();
  return out;
}

absl::StatusOr<query::ServiceGraphRequest> FromProto(
    const v1::CompareGraphsRequest& request) {
  query::ServiceGraphRequest out;
  RTG_ASSIGN_OR_RETURN(out.window, WindowOf(request.after(), "after"));
  RTG_ASSIGN_OR_RETURN(out.compare_with, WindowOf(request.before(), "before"));
  out.group = GroupOf(request.selection());
  out.filter_expression = request.selection().filter_expression();
  return out;
}

absl::StatusOr<query::TimeSeriesRequest> FromProto(
    const v1::GetTimeSeriesRequest& request) {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(request));
  if (!request.selection().filter_expression().empty()) {
    return absl::InvalidArgumentError(
        "selection.filter_expression: a time series takes none");
  }
  const std::string& selector = request.entity_selector_expression();
  if (selector.size() > limits::kEntitySelectorCharsMax) {
    return absl::InvalidArgumentError(
        "entity_selector_expression: must have at most " +
        std::to_string(limits::kEntitySelectorCharsMax) + " bytes");
  }
  query::TimeSeriesRequest out;
  out.start = range.begin;
  out.end = range.end;
  out.group = GroupOf(request.selection());
  out.selector = selector;
  if (request.period_seconds() != 0) {
    out.period_seconds = request.period_seconds();
  }
  out.forecast = request.forecast();
  return out;
}

void ToProto(const query::ServiceMap& map, Histograms histograms,
             v1::ServiceGraph* out) {
  for (const query::MapNode& node : map.nodes) {
    v1::GraphNode* to = out->add_nodes();
    ToProto(node.service, to->mutable_service());
    to->set_root(node.root);
    to->set_state(StateOf(node.state));
    TimesToProto(node.times, to);
    if (!node.client) {
      CallsToProto(node.figures.calls, histograms, to->mutable_calls());
      if (histograms == Histograms::kShown) {
        HistogramToProto(node.figures.durations, to->mutable_durations());
      }
    }
    for (const query::MapEdge& edge : node.edges) {
      EdgeToProto(edge, histograms, to->add_edges());
    }
  }
  TimesToProto(map.times, out);
}

void ToProto(const query::GraphProgress& from, v1::GraphProgress* to) {
  to->set_to_examine_count(static_cast<int64_t>(from.to_examine));
  to->set_examined_count(static_cast<int64_t>(from.examined));
  to->set_matched_count(static_cast<int64_t>(from.matched));
  to->set_incomplete(from.incomplete);
}

void ToProto(const query::ServiceGraphAnswer& answer, Histograms histograms,
             v1::GetServiceGraphResponse* out) {
  ToProto(answer.map, histograms, out->mutable_graph());
  out->set_contains_old_group_versions(answer.old_group_versions);
  ToProto(answer.progress, out->mutable_progress());
  ScopeToProto(answer.scope, out);
}

void ToProto(const query::ServiceGraphAnswer& answer,
             v1::CompareGraphsResponse* out) {
  for (const query::MapChange& change : answer.changes) {
    v1::GraphChange* to = out->add_changes();
    to->set_kind(KindOf(change.kind));
    to->set_severity(change.severity);
    if (change.source) ToProto(*change.source, to->mutable_source());
    ToProto(change.service, to->mutable_service());
    to->set_link(change.link);
    ShapeToProto(change.before, to->mutable_before());
    ShapeToProto(change.after, to->mutable_after());
  }
  ToProto(answer.progress, out->mutable_progress());
  ScopeToProto(answer.scope, out);
}

void ToProto(const query::TimeSeriesAnswer& answer,
             v1::GetTimeSeriesResponse* out) {
  for (const query::TimeSeriesPoint& point : answer.points) {
    v1::TimeSeriesPoint* to = out->add_points();
    ToProto(point.end, to->mutable_end_time());
    if (point.calls) {
      CallsToProto(*point.calls, Histograms::kShown, to->mutable_calls());
    }
    if (point.faults_expected) {
      to->mutable_forecast()->set_fault_count_high(point.faults_expected->high);
      to->mutable_forecast()->set_fault_count_low(point.faults_expected->low);
    }
  }
  ScopeToProto(answer.scope, out);
  out->set_of_edges(answer.of_edges);
  out->set_contains_old_group_versions(answer.old_group_versions);
}

}  // namespace roentgen::server
