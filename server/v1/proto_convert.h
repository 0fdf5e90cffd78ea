// Between domain types and roentgen.v1 messages.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_PROTO_CONVERT_H_
#define ROENTGEN_SERVER_V1_PROTO_CONVERT_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "query/search/summary_search.h"
#include "query/traces/trace_queries.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/ingest/ingest_pipeline.h"

namespace roentgen::server {

// Null: the member is missing. Errors, here and below: InvalidArgument names
// the member that is wrong.
absl::StatusOr<TimeRange> RangeFromProto(
    const google::protobuf::Timestamp* start,
    const google::protobuf::Timestamp* end);

// Of a request with start_time and end_time.
template <typename Request>
absl::StatusOr<TimeRange> RangeOf(const Request& request) {
  return RangeFromProto(
      request.has_start_time() ? &request.start_time() : nullptr,
      request.has_end_time() ? &request.end_time() : nullptr);
}

absl::StatusOr<storage::TimeRangeType> FromProto(v1::TimeRangeType type);

absl::StatusOr<query::TraceSummariesRequest> FromProto(
    const v1::GetTraceSummariesRequest& request);

// 1 to kTraceIdsPerStreamMax ids, all different; else InvalidArgument.
absl::StatusOr<std::vector<storage::TraceId>> FromProto(
    const v1::StreamTracesRequest& request);

// Moves the documents out of `trace`.
void ToProto(query::AssembledTrace trace, v1::Trace* out);
void ToProto(const query::TraceSummariesPage& page,
             v1::GetTraceSummariesResponse* out);
void ToProto(const storage::ServiceId& from, v1::ServiceId* to);
void ToProto(const storage::AnnotationValue& from, v1::AnnotationValue* to);
void ToProto(const storage::TraceSummary& summary, v1::TraceSummary* out);
void ToProto(const UnprocessedSegment& unprocessed,
             v1::UnprocessedTraceSegment* out);
void ToProto(Timestamp from, google::protobuf::Timestamp* to);
void ToProto(absl::Duration from, google::protobuf::Duration* to);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_PROTO_CONVERT_H_
