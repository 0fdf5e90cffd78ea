#include "server/xray/graph_request.h"

#include <optional>

namespace roentgen::server {
namespace {

query::GroupKey GroupOf(const ApiValue& request) {
  return {.name = request.Text("GroupName"), .arn = request.Text("GroupARN")};
}

Timestamp TimeOf(const ApiValue& request, std::string_view member) {
  return request.Time(member).value_or(Timestamp());
}

}  // namespace

absl::StatusOr<query::ServiceGraphRequest> ToServiceGraphRequest(
    const ApiValue& request) {
  query::ServiceGraphRequest out;
  out.window = {.start = TimeOf(request, "StartTime"),
                .end = TimeOf(request, "EndTime")};
  out.group = GroupOf(request);
  out.next_token = request.Text("NextToken").value_or("");
  out.filter_expression = request.Text("RoentgenFilterExpression").value_or("");
  const auto compare_start = request.Time("RoentgenCompareStartTime");
  const auto compare_end = request.Time("RoentgenCompareEndTime");
  if (compare_start.has_value() != compare_end.has_value()) {
    return absl::InvalidArgumentError(
        "RoentgenCompareStartTime and RoentgenCompareEndTime go together");
  }
  if (compare_start) {
    out.compare_with =
        query::MapWindow{.start = *compare_start, .end = *compare_end};
  }
  return out;
}

query::TimeSeriesRequest ToTimeSeriesRequest(const ApiValue& request) {
  query::TimeSeriesRequest out;
  out.start = TimeOf(request, "StartTime");
  out.end = TimeOf(request, "EndTime");
  out.group = GroupOf(request);
  out.selector = request.Text("EntitySelectorExpression").value_or("");
  out.period_seconds = request.Int("Period").value_or(out.period_seconds);
  out.forecast = request.Bool("ForecastStatistics").value_or(false);
  out.next_token = request.Text("NextToken").value_or("");
  return out;
}

}  // namespace roentgen::server
