#include "server/v1/search_convert.h"

#include <string>

#include "base/status_macros.h"
#include "server/v1/proto_convert.h"

namespace roentgen::server {
namespace {

absl::StatusOr<storage::GroupBy> GroupByOf(v1::GroupBy group_by) {
  switch (group_by) {
    case v1::GROUP_BY_UNSPECIFIED:
      return storage::GroupBy::kNone;
    case v1::GROUP_BY_SERVICE:
      return storage::GroupBy::kService;
    case v1::GROUP_BY_URL:
      return storage::GroupBy::kUrl;
    case v1::GROUP_BY_USER:
      return storage::GroupBy::kUser;
    case v1::GROUP_BY_ANNOTATION:
      return storage::GroupBy::kAnnotation;
    default:
      return absl::InvalidArgumentError("group_by: unknown value " +
                                        std::to_string(group_by));
  }
}

void FiguresToProto(const storage::TraceFigures& from, v1::TraceFigures* to) {
  to->set_trace_count(static_cast<int64_t>(from.traces));
  if (from.durations.count() == 0) return;
  ToProto(from.durations.Percentile(0.5), to->mutable_p50());
  ToProto(from.durations.Percentile(0.9), to->mutable_p90());
  ToProto(from.durations.Percentile(0.95), to->mutable_p95());
  ToProto(from.durations.Percentile(0.99), to->mutable_p99());
  ToProto(from.durations.Percentile(1), to->mutable_max());
}

}  // namespace

absl::StatusOr<query::TraceFiguresRequest> FromProto(
    const v1::GetTraceFiguresRequest& request) {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(request));
  query::TraceFiguresRequest out;
  out.start = range.begin;
  out.end = range.end;
  RTG_ASSIGN_OR_RETURN(out.time_type, FromProto(request.time_range_type()));
  out.filter_expression = request.filter_expression();
  RTG_ASSIGN_OR_RETURN(out.group_by, GroupByOf(request.group_by()));
  out.annotation_key = request.annotation_key();
  out.explain = request.explain();
  return out;
}

absl::StatusOr<query::IndexCheckRequest> FromProto(
    const v1::CheckIndexRequest& request) {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(request));
  return query::IndexCheckRequest{
      .start = range.begin,
      .end = range.end,
      .filter_expressions = {request.filter_expressions().begin(),
                             request.filter_expressions().end()}};
}

void ToProto(const query::TraceFiguresAnswer& answer, storage::GroupBy group_by,
             v1::GetTraceFiguresResponse* out) {
  FiguresToProto(answer.total, out->mutable_total());
  for (const auto& [key, figures] : answer.groups) {
    v1::TraceFiguresGroup* group = out->add_groups();
    if (group_by == storage::GroupBy::kService) {
      ToProto(key.service, group->mutable_service());
    } else {
      ToProto(key.value, group->mutable_value());
    }
    FiguresToProto(figures, group->mutable_figures());
  }
  out->set_groups_cut(answer.groups_cut);
  out->set_explanation(answer.explanation);
  ToProto(answer.scope.as_of, out->mutable_as_of());
  out->mutable_missing()->Assign(answer.scope.missing.begin(),
                                 answer.scope.missing.end());
}

void ToProto(const query::IndexCheckReport& report,
             v1::CheckIndexResponse* out) {
  out->set_trace_count(static_cast<int64_t>(report.traces));
  out->set_expression_count(static_cast<int64_t>(report.expressions));
  out->set_comparison_count(static_cast<int64_t>(report.comparisons));
  out->set_mismatch_count(static_cast<int64_t>(report.mismatches));
  for (const query::IndexMismatch& mismatch : report.first_mismatches) {
    v1::IndexMismatch* to = out->add_mismatches();
    to->set_trace_id(mismatch.trace_id.ToString());
    to->set_filter_expression(mismatch.filter_expression);
    to->set_missing(mismatch.missing);
  }
}

}  // namespace roentgen::server
