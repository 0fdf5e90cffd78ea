#include "server/v1/trace_service.h"

#include <memory>

#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/rpc/call_guard.h"
#include "server/v1/put_calls.h"
#include "server/v1/read_calls.h"
#include "server/v1/tail_stream.h"

namespace roentgen::server {
namespace {

class TraceService : public v1::TraceService::CallbackService {
 public:
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

grpc::ServerUnaryReactor* TraceService::PutTraceSegments(
    grpc::CallbackServerContext* call,
    const v1::PutTraceSegmentsRequest* request,
    v1::PutTraceSegmentsResponse* response) {
  return Guarded(context_, call, "PutTraceSegments",
                 [&](const Principal& caller) {
                   return StartPut(context_, context_.spaces.Of(caller), call,
                                   request, response);
                 });
}

grpc::ServerReadReactor<v1::PutTraceSegmentsRequest>*
TraceService::StreamTraceSegments(grpc::CallbackServerContext* call,
                                  v1::StreamTraceSegmentsResponse* response) {
  return Guarded(context_, call, "StreamTraceSegments",
                 [&](const Principal& caller) {
                   return StartPutStream(context_, context_.spaces.Of(caller),
                                         call, response);
                 });
}

grpc::ServerBidiReactor<v1::PutTraceSegmentsBatch, v1::PutTraceSegmentsAck>*
TraceService::PutTraceSegmentsAcked(grpc::CallbackServerContext* call) {
  return Guarded(
      context_, call, "PutTraceSegmentsAcked", [&](const Principal& caller) {
        return StartAckedPutStream(context_, context_.spaces.Of(caller), call);
      });
}

grpc::ServerUnaryReactor* TraceService::BatchGetTraces(
    grpc::CallbackServerContext* call, const v1::BatchGetTracesRequest* request,
    v1::BatchGetTracesResponse* response) {
  return Guarded(
      context_, call, "BatchGetTraces", [&](const Principal& caller) {
        return StartBatchGetTraces(context_, context_.spaces.Of(caller), call,
                                   request, response);
      });
}

grpc::ServerWriteReactor<v1::TraceChunk>* TraceService::StreamTraces(
    grpc::CallbackServerContext* call, const v1::StreamTracesRequest* request) {
  return Guarded(context_, call, "StreamTraces", [&](const Principal& caller) {
    return StartStreamTraces(context_, context_.spaces.Of(caller), call,
                             request);
  });
}

grpc::ServerUnaryReactor* TraceService::GetTraceSummaries(
    grpc::CallbackServerContext* call,
    const v1::GetTraceSummariesRequest* request,
    v1::GetTraceSummariesResponse* response) {
  return Guarded(
      context_, call, "GetTraceSummaries", [&](const Principal& caller) {
        return StartGetTraceSummaries(context_, context_.spaces.Of(caller),
                                      call, request, response);
      });
}

grpc::ServerWriteReactor<v1::GetTraceSummariesResponse>*
TraceService::StreamTraceSummaries(
    grpc::CallbackServerContext* call,
    const v1::GetTraceSummariesRequest* request) {
  return Guarded(context_, call, "StreamTraceSummaries",
                 [&](const Principal& caller) {
                   return StartStreamTraceSummaries(
                       context_, context_.spaces.Of(caller), call, request);
                 });
}

grpc::ServerWriteReactor<v1::TailTraceSummariesResponse>*
TraceService::TailTraceSummaries(grpc::CallbackServerContext* call,
                                 const v1::TailTraceSummariesRequest* request) {
  return Guarded(
      context_, call, "TailTraceSummaries", [&](const Principal& caller) {
        return StartTail(context_, context_.spaces.Of(caller), call, request);
      });
}

grpc::ServerUnaryReactor* TraceService::GetTraceFigures(
    grpc::CallbackServerContext* call,
    const v1::GetTraceFiguresRequest* request,
    v1::GetTraceFiguresResponse* response) {
  return Guarded(
      context_, call, "GetTraceFigures", [&](const Principal& caller) {
        return StartGetTraceFigures(context_, context_.spaces.Of(caller), call,
                                    request, response);
      });
}

grpc::ServerUnaryReactor* TraceService::CheckIndex(
    grpc::CallbackServerContext* call, const v1::CheckIndexRequest* request,
    v1::CheckIndexResponse* response) {
  return Guarded(context_, call, "CheckIndex", [&](const Principal& caller) {
    return StartCheckIndex(context_, context_.spaces.Of(caller), call, request,
                           response);
  });
}

}  // namespace

std::unique_ptr<grpc::Service> NewTraceService(const V1Context& context) {
  return std::make_unique<TraceService>(context);
}

}  // namespace roentgen::server
