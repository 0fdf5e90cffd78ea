// Reads the JSON bodies of the service map's operations; see xray_request.h.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_GRAPH_REQUEST_H_
#define ROENTGEN_SERVER_HTTP_GRAPH_REQUEST_H_

#include <string>
#include <variant>
#include <vector>

#include "query/service_graphs.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// Beside X-Ray's members: RoentgenFilterExpression, RoentgenPercentiles,
// RoentgenCompareStartTime and RoentgenCompareEndTime.
struct GetServiceGraphRequest {
  query::ServiceGraphRequest graph;
  bool percentiles = false;
};
// `body` may be reallocated, here and below.
std::variant<GetServiceGraphRequest, AwsError> DecodeGetServiceGraph(
    std::string& body);

// Beside X-Ray's members: RoentgenPercentiles.
struct GetTraceGraphRequest {
  std::vector<std::string> trace_ids;
  std::string next_token;
  bool percentiles = false;
};
std::variant<GetTraceGraphRequest, AwsError> DecodeGetTraceGraph(
    std::string& body);

std::variant<query::TimeSeriesRequest, AwsError> DecodeGetTimeSeries(
    std::string& body);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GRAPH_REQUEST_H_
