// The three ways to put segments over gRPC.
//
// Each function starts a call and returns its reactor, which owns itself and
// ends when the call does. Nothing blocks: answers are sent from the commit
// thread.
#ifndef ROENTGEN_SERVER_V1_PUT_CALLS_H_
#define ROENTGEN_SERVER_V1_PUT_CALLS_H_

#include <grpcpp/support/server_callback.h>

#include "roentgen/v1/trace_service.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

grpc::ServerUnaryReactor* StartPut(const V1Context& context, Space& space,
                                   grpc::CallbackServerContext* call,
                                   const v1::PutTraceSegmentsRequest* request,
                                   v1::PutTraceSegmentsResponse* response);

grpc::ServerReadReactor<v1::PutTraceSegmentsRequest>* StartPutStream(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    v1::StreamTraceSegmentsResponse* response);

grpc::ServerBidiReactor<v1::PutTraceSegmentsBatch, v1::PutTraceSegmentsAck>*
StartAckedPutStream(const V1Context& context, Space& space,
                    grpc::CallbackServerContext* call);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_PUT_CALLS_H_
