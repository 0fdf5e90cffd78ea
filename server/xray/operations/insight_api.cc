#include "server/xray/operations/insight_api.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/insights/impact_graph.h"
#include "server/insights/insight.h"
#include "server/insights/insight_service.h"

namespace roentgen::server {
namespace {

using Answer = absl::StatusOr<ApiValue>;
using storage::ServiceId;

ApiValue ToValue(const ServiceId& id) {
  ApiValue out = ApiFields{{"Name", id.name}, {"Names", ApiList{id.name}}};
  if (!id.account_id.empty()) out.Set("AccountId", id.account_id);
  // Grafana expects a string, also where there was no origin.
  out.Set("Type", id.type);
  return out;
}

ApiValue ToValue(const RequestImpact& impact) {
  return ApiFields{{"FaultCount", impact.faults},
                   {"OkCount", impact.oks},
                   {"TotalCount", impact.total}};
}

ApiList TopServices(const std::vector<ServiceId>& services) {
  ApiList out;
  for (const ServiceId& id : services) {
    out.push_back(ApiFields{{"ServiceId", ToValue(id)}});
  }
  return out;
}

ApiValue ToValue(const Insight& insight) {
  ApiValue out = ApiFields{{"InsightId", insight.id},
                           {"GroupARN", insight.group_arn},
                           {"GroupName", insight.group_name},
                           {"RootCauseServiceId", ToValue(insight.root_cause)},
                           {"Categories", ApiList{"FAULT"}},
                           {"State", NameOf(insight.state)},
                           {"StartTime", insight.start}};
  if (insight.end) out.Set("EndTime", *insight.end);
  out.Set("Summary", SummaryOf(insight));
  out.Set("ClientRequestImpactStatistics", ToValue(insight.impact.client));
  out.Set("RootCauseServiceRequestImpactStatistics",
          ToValue(insight.impact.root_cause));
  out.Set("TopAnomalousServices", TopServices(insight.top_services));
  return out;
}

ApiValue ToValue(const Insight& insight, const InsightEvent& event) {
  return ApiFields{
      {"Summary", SummaryOf(insight, event)},
      {"EventTime", event.time},
      {"ClientRequestImpactStatistics", ToValue(event.impact.client)},
      {"RootCauseServiceRequestImpactStatistics",
       ToValue(event.impact.root_cause)},
      {"TopAnomalousServices", TopServices(event.top_services)}};
}

std::string IdOf(const ApiValue& request) {
  return request.Text("InsightId").value_or("");
}

std::optional<size_t> MaxResultsOf(const ApiValue& request) {
  const auto results = request.Int("MaxResults");
  if (!results) return std::nullopt;
  return static_cast<size_t>(*results);
}

Timestamp TimeOf(const ApiValue& request, std::string_view member) {
  return request.Time(member).value_or(Timestamp());
}

Answer GetSummaries(const InsightService& insights, const ApiValue& request) {
  InsightSummariesRequest wanted{
      .start = TimeOf(request, "StartTime"),
      .end = TimeOf(request, "EndTime"),
      .group = {.name = request.Text("GroupName"),
                .arn = request.Text("GroupARN")},
      .max_results = MaxResultsOf(request),
      .next_token = request.Text("NextToken").value_or("")};
  const ApiValue* states = request.Find("States");
  if (states != nullptr && !states->list().empty()) {
    wanted.state = *states->list().front().As<std::string>() == "ACTIVE"
                       ? InsightState::kActive
                       : InsightState::kClosed;
  }
  RTG_ASSIGN_OR_RETURN(const InsightPage page, insights.Summaries(wanted));
  ApiList list;
  for (const Insight& insight : page.insights) {
    list.push_back(ToValue(insight).Set("LastUpdateTime", insight.last_update));
  }
  ApiValue out = ApiFields{{"InsightSummaries", std::move(list)}};
  if (!page.next_token.empty()) out.Set("NextToken", page.next_token);
  return out;
}

Answer GetEvents(const InsightService& insights, const ApiValue& request) {
  RTG_ASSIGN_OR_RETURN(const InsightEventPage page,
                       insights.Events(IdOf(request), MaxResultsOf(request),
                                       request.Text("NextToken").value_or("")));
  ApiList list;
  for (const InsightEvent& event : page.events) {
    list.push_back(ToValue(page.insight, event));
  }
  ApiValue out = ApiFields{{"InsightEvents", std::move(list)}};
  if (!page.next_token.empty()) out.Set("NextToken", page.next_token);
  return out;
}

ApiValue ToValue(const ImpactNode& node, int64_t reference) {
  ApiValue out = ToValue(node.service);
  out.Set("ReferenceId", reference);
  ApiList edges;
  for (const size_t target : node.edges) {
    edges.push_back(ApiFields{{"ReferenceId", static_cast<int64_t>(target)}});
  }
  return out.Set("Edges", std::move(edges));
}

Answer GetImpactGraph(const InsightService& insights, const ApiValue& request,
                      const Call& call) {
  RTG_ASSIGN_OR_RETURN(
      const InsightImpactGraph graph,
      insights.ImpactGraph(IdOf(request), TimeOf(request, "StartTime"),
                           TimeOf(request, "EndTime"),
                           request.Text("NextToken").value_or(""), call));
  ApiValue out = ApiFields{{"InsightId", IdOf(request)},
                           {"StartTime", graph.start},
                           {"EndTime", graph.end}};
  const TimeRange data = graph.data.value_or(TimeRange{graph.start, graph.end});
  out.Set("ServiceGraphStartTime", data.begin);
  out.Set("ServiceGraphEndTime", data.end);
  ApiList nodes;
  for (const ImpactNode& node : graph.nodes) {
    nodes.push_back(ToValue(node, static_cast<int64_t>(nodes.size())));
  }
  return out.Set("Services", std::move(nodes));
}

}  // namespace

void AddInsightFunctions(ApiFunctions& functions) {
  functions.Add("GetInsightSummaries",
                [](Space& space, const ApiValue& request, const Call&) {
                  return GetSummaries(space.insights(), request);
                });
  functions.Add(
      "GetInsight",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        RTG_ASSIGN_OR_RETURN(const Insight insight,
                             space.insights().Get(IdOf(request)));
        return ApiValue(ApiFields{{"Insight", ToValue(insight)}});
      });
  functions.Add("GetInsightEvents",
                [](Space& space, const ApiValue& request, const Call&) {
                  return GetEvents(space.insights(), request);
                });
  functions.Add("GetInsightImpactGraph",
                [](Space& space, const ApiValue& request, const Call& call) {
                  return GetImpactGraph(space.insights(), request, call);
                });
}

}  // namespace roentgen::server
