// Between domain types and roentgen.v1 messages.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_RPC_PROTO_CONVERT_H_
#define ROENTGEN_SERVER_RPC_PROTO_CONVERT_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "query/trace_queries.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/ingest/ingest_pipeline.h"

namespace roentgen::server {

// InvalidArgument names the member that is wrong.
absl::StatusOr<query::TraceSummariesRequest> FromProto(
    const v1::GetTraceSummariesRequest& request);

// 1 to kTraceIdsPerStreamMax ids, all different; else InvalidArgument.
absl::StatusOr<std::vector<storage::TraceId>> FromProto(
    const v1::StreamTracesRequest& request);

// Moves the documents out of `trace`.
void ToProto(query::AssembledTrace trace, v1::Trace* out);
void ToProto(const query::TraceSummariesPage& page,
             v1::GetTraceSummariesResponse* out);
void ToProto(const storage::TraceSummary& summary, v1::TraceSummary* out);
void ToProto(const UnprocessedSegment& unprocessed,
             v1::UnprocessedTraceSegment* out);
void ToProto(Timestamp from, google::protobuf::Timestamp* to);
void ToProto(absl::Duration from, google::protobuf::Duration* to);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_PROTO_CONVERT_H_
