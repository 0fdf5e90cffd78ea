// The read operations over gRPC.
//
// Each function starts a call and returns its reactor, which owns itself and
// ends when the call does. The work runs on the read pool; a full pool
// answers RESOURCE_EXHAUSTED.
#ifndef ROENTGEN_SERVER_V1_READ_CALLS_H_
#define ROENTGEN_SERVER_V1_READ_CALLS_H_

#include <grpcpp/support/server_callback.h>

#include "roentgen/v1/trace_service.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

grpc::ServerUnaryReactor* StartBatchGetTraces(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::BatchGetTracesRequest* request,
    v1::BatchGetTracesResponse* response);

grpc::ServerUnaryReactor* StartGetTraceSummaries(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetTraceSummariesRequest* request,
    v1::GetTraceSummariesResponse* response);

grpc::ServerUnaryReactor* StartGetTraceFigures(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetTraceFiguresRequest* request,
    v1::GetTraceFiguresResponse* response);

grpc::ServerUnaryReactor* StartCheckIndex(const V1Context& context,
                                          Space& space,
                                          grpc::CallbackServerContext* call,
                                          const v1::CheckIndexRequest* request,
                                          v1::CheckIndexResponse* response);

grpc::ServerWriteReactor<v1::GetTraceSummariesResponse>*
StartStreamTraceSummaries(const V1Context& context, Space& space,
                          grpc::CallbackServerContext* call,
                          const v1::GetTraceSummariesRequest* request);

grpc::ServerWriteReactor<v1::TraceChunk>* StartStreamTraces(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::StreamTracesRequest* request);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_READ_CALLS_H_
