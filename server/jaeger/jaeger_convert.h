// Between queries of spans and Jaeger's messages.
//
// Errors: InvalidArgument names the member that is wrong.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_CONVERT_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_CONVERT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "jaeger/api_v3/query_service.pb.h"
#include "jaeger/storage/v2/dependency_storage.pb.h"
#include "jaeger/storage/v2/trace_storage.pb.h"
#include "query/spans/span_query.h"
#include "query/spans/span_summary.h"
#include "trace/model/ids.h"
#include "trace/model/operation.h"

namespace roentgen::server {

// Times that are not given are no bounds.
absl::StatusOr<query::SpanQuery> FromProto(
    const jaeger::storage::v2::TraceQueryParameters& from);
// Times must be given.
absl::StatusOr<query::SpanQuery> FromProto(
    const jaeger::api_v3::TraceQueryParameters& from);

// Each once.
absl::StatusOr<std::vector<storage::TraceId>> FromProto(
    const jaeger::storage::v2::GetTracesRequest& from);

absl::StatusOr<TimeRange> FromProto(
    const jaeger::storage::v2::GetDependenciesRequest& from);
absl::StatusOr<TimeRange> FromProto(
    const jaeger::api_v3::GetDependenciesRequest& from);

void ToProto(const query::SpanTraceSummary& from,
             jaeger::storage::v2::TraceSummary* to);
void ToProto(const query::SpanTraceSummary& from,
             jaeger::api_v3::TraceSummary* to);
void ToProto(const query::SpanTraceSummary& from,
             jaeger::storage::v2::FoundTraceID* to);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_CONVERT_H_
