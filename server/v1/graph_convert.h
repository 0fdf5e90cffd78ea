// The service map: between domain types and roentgen.v1 messages.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_GRAPH_CONVERT_H_
#define ROENTGEN_SERVER_V1_GRAPH_CONVERT_H_

#include "absl/status/statusor.h"
#include "query/maps/service_graphs.h"
#include "roentgen/v1/graph_service.pb.h"

namespace roentgen::server {

// Errors: InvalidArgument names the member that is wrong.
absl::StatusOr<query::ServiceGraphRequest> FromProto(
    const v1::GetServiceGraphRequest& request);
absl::StatusOr<query::ServiceGraphRequest> FromProto(
    const v1::CompareGraphsRequest& request);
absl::StatusOr<query::TimeSeriesRequest> FromProto(
    const v1::GetTimeSeriesRequest& request);

enum class Histograms { kLeftOut, kShown };

void ToProto(const query::ServiceMap& map, Histograms histograms,
             v1::ServiceGraph* out);
void ToProto(const query::GraphProgress& from, v1::GraphProgress* to);
void ToProto(const query::ServiceGraphAnswer& answer, Histograms histograms,
             v1::GetServiceGraphResponse* out);
void ToProto(const query::ServiceGraphAnswer& answer,
             v1::CompareGraphsResponse* out);
void ToProto(const query::TimeSeriesAnswer& answer,
             v1::GetTimeSeriesResponse* out);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GRAPH_CONVERT_H_
