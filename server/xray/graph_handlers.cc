#include "server/xray/graph_handlers.h"

#include <string>

#include "base/status_macros.h"
#include "query/maps/service_graphs.h"
#include "server/account/trace_retrieval.h"
#include "server/xray/api_routes.h"
#include "server/xray/graph_request.h"
#include "server/xray/graph_response.h"
#include "server/xray/xray_request.h"

namespace roentgen::server {
namespace {

using Json = absl::StatusOr<std::string>;

bool WantsPercentiles(const ApiValue& request) {
  return request.Bool("RoentgenPercentiles").value_or(false);
}

Json GetServiceGraph(const query::ServiceGraphs& graphs,
                     const ApiValue& request, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const query::ServiceGraphRequest wanted,
                       ToServiceGraphRequest(request));
  RTG_ASSIGN_OR_RETURN(const query::ServiceGraphAnswer answer,
                       graphs.Graph(wanted, call));
  return EncodeGetServiceGraph(answer, wanted, WantsPercentiles(request));
}

Json GetTraceGraph(const query::ServiceGraphs& graphs, const ApiValue& request,
                   const Call& call) {
  RTG_ASSIGN_OR_RETURN(
      const query::ServiceMap map,
      graphs.OfTraces(TraceIdsOf(request),
                      request.Text("NextToken").value_or(""), call));
  return EncodeGetTraceGraph(map, WantsPercentiles(request));
}

Json GetTimeSeries(const query::ServiceGraphs& graphs, const ApiValue& request,
                   const Call& call) {
  RTG_ASSIGN_OR_RETURN(const query::TimeSeriesAnswer answer,
                       graphs.TimeSeries(ToTimeSeriesRequest(request), call));
  return EncodeGetTimeSeries(answer);
}

}  // namespace

void AddGraphRoutes(HttpRouter& router, const ApiServices& services) {
  using Run =
      Json (*)(const query::ServiceGraphs&, const ApiValue&, const Call&);
  const auto add = [&](std::string_view operation, Run run) {
    AddApiRoute(
        router, services, operation,
        [run](const Space& space, const ApiValue& request, const Call& call) {
          return run(space.graphs(), request, call);
        });
  };
  add("GetServiceGraph", GetServiceGraph);
  add("GetTraceGraph", GetTraceGraph);
  add("GetTimeSeriesServiceStatistics", GetTimeSeries);
  AddApiRoute(
      router, services, "GetRetrievedTracesGraph",
      [](Space& space, const ApiValue& request, const Call& call) -> Json {
        RTG_ASSIGN_OR_RETURN(
            const RetrievedGraph graph,
            space.retrievals().Graph(
                request.Text("RetrievalToken").value_or(""), call));
        return EncodeRetrievedGraph(graph);
      });
}

}  // namespace roentgen::server
