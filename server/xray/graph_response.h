// Writes the JSON bodies that the service map's operations answer with; see
// xray_response.h for what they have in common.
//
// Histograms: seconds with whole milliseconds, and how often, by ascending
// value. TotalResponseTime is in whole milliseconds, too. Times of nodes,
// edges, maps and periods are whole seconds.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_GRAPH_RESPONSE_H_
#define ROENTGEN_SERVER_XRAY_GRAPH_RESPONSE_H_

#include <string>

#include "query/maps/service_graphs.h"
#include "server/account/trace_retrieval.h"

namespace roentgen::server {

// `percentiles`: RoentgenPercentiles, besides histograms; here and below.
std::string EncodeGetServiceGraph(const query::ServiceGraphAnswer& answer,
                                  const query::ServiceGraphRequest& request,
                                  bool percentiles);
std::string EncodeGetTraceGraph(const query::ServiceMap& map, bool percentiles);
std::string EncodeRetrievedGraph(const RetrievedGraph& graph);
std::string EncodeGetTimeSeries(const query::TimeSeriesAnswer& answer);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_GRAPH_RESPONSE_H_
