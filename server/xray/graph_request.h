// What the service map's operations are asked for. Bodies have been read and
// checked by the model's table.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_GRAPH_REQUEST_H_
#define ROENTGEN_SERVER_XRAY_GRAPH_REQUEST_H_

#include "absl/status/statusor.h"
#include "query/maps/service_graphs.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// Beside X-Ray's members: RoentgenFilterExpression, RoentgenCompareStartTime
// and RoentgenCompareEndTime. Errors: InvalidArgument when one of the last two
// is there alone.
absl::StatusOr<query::ServiceGraphRequest> ToServiceGraphRequest(
    const ApiValue& request);

query::TimeSeriesRequest ToTimeSeriesRequest(const ApiValue& request);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_GRAPH_REQUEST_H_
