// roentgen.v1.TraceService: which function serves which call.
#ifndef ROENTGEN_SERVER_V1_TRACE_SERVICE_H_
#define ROENTGEN_SERVER_V1_TRACE_SERVICE_H_

#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

class TraceService : public v1::TraceService::CallbackService {
 public:
  // `context` outlives this object.
  explicit TraceService(const V1Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* PutTraceSegments(
      grpc::CallbackServerContext* call,
      const v1::PutTraceSegmentsRequest* request,
      v1::PutTraceSegmentsResponse* response) override;
  grpc::ServerReadReactor<v1::PutTraceSegmentsRequest>* StreamTraceSegments(
      grpc::CallbackServerContext* call,
      v1::StreamTraceSegmentsResponse* response) override;
  grpc::ServerBidiReactor<v1::PutTraceSegmentsBatch, v1::PutTraceSegmentsAck>*
  PutTraceSegmentsAcked(grpc::CallbackServerContext* call) override;
  grpc::ServerUnaryReactor* BatchGetTraces(
      grpc::CallbackServerContext* call,
      const v1::BatchGetTracesRequest* request,
      v1::BatchGetTracesResponse* response) override;
  grpc::ServerWriteReactor<v1::TraceChunk>* StreamTraces(
      grpc::CallbackServerContext* call,
      const v1::StreamTracesRequest* request) override;
  grpc::ServerUnaryReactor* GetTraceSummaries(
      grpc::CallbackServerContext* call,
      const v1::GetTraceSummariesRequest* request,
      v1::GetTraceSummariesResponse* response) override;
  grpc::ServerWriteReactor<v1::GetTraceSummariesResponse>* StreamTraceSummaries(
      grpc::CallbackServerContext* call,
      const v1::GetTraceSummariesRequest* request) override;
  grpc::ServerWriteReactor<v1::TailTraceSummariesResponse>* TailTraceSummaries(
      grpc::CallbackServerContext* call,
      const v1::TailTraceSummariesRequest* request) override;
  grpc::ServerUnaryReactor* GetTraceFigures(
      grpc::CallbackServerContext* call,
      const v1::GetTraceFiguresRequest* request,
      v1::GetTraceFiguresResponse* response) override;
  grpc::ServerUnaryReactor* CheckIndex(
      grpc::CallbackServerContext* call, const v1::CheckIndexRequest* request,
      v1::CheckIndexResponse* response) override;

 private:
  const V1Context& context_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_TRACE_SERVICE_H_
