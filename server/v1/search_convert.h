// Figures and index checks: between gRPC messages and the query layer.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_SEARCH_CONVERT_H_
#define ROENTGEN_SERVER_V1_SEARCH_CONVERT_H_

#include "absl/status/statusor.h"
#include "query/search/index_check.h"
#include "query/search/summary_search.h"
#include "roentgen/v1/trace_service.pb.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

// Errors: InvalidArgument names the member that is wrong.
absl::StatusOr<query::TraceFiguresRequest> FromProto(
    const v1::GetTraceFiguresRequest& request);
absl::StatusOr<query::IndexCheckRequest> FromProto(
    const v1::CheckIndexRequest& request);

void ToProto(const query::TraceFiguresAnswer& answer, storage::GroupBy group_by,
             v1::GetTraceFiguresResponse* out);
void ToProto(const query::IndexCheckReport& report,
             v1::CheckIndexResponse* out);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_SEARCH_CONVERT_H_
