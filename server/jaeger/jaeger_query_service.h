// jaeger.api_v3.QueryService: what Jaeger's own query service answers.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_

#include "jaeger/api_v3/query_service.grpc.pb.h"
#include "server/jaeger/jaeger_context.h"

namespace roentgen::server {

// Traces are sent as bytes, all else as messages.
using JaegerQueryMethods =
    jaeger::api_v3::QueryService::WithRawCallbackMethod_GetTrace<
        jaeger::api_v3::QueryService::WithRawCallbackMethod_FindTraces<
            jaeger::api_v3::QueryService::WithCallbackMethod_GetServices<
                jaeger::api_v3::QueryService::WithCallbackMethod_GetOperations<
                    jaeger::api_v3::QueryService::
                        WithCallbackMethod_GetDependencies<
                            jaeger::api_v3::QueryService::
                                WithCallbackMethod_FindTraceSummaries<
                                    jaeger::api_v3::QueryService::Service>>>>>>;

class JaegerQueryService : public JaegerQueryMethods {
 public:
  // `context` outlives this object.
  explicit JaegerQueryService(const JaegerContext& context)
      : context_(context) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GetTrace(
      grpc::CallbackServerContext* call,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FindTraces(
      grpc::CallbackServerContext* call,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* GetServices(
      grpc::CallbackServerContext* call,
      const jaeger::api_v3::GetServicesRequest* request,
      jaeger::api_v3::GetServicesResponse* response) override;
  grpc::ServerUnaryReactor* GetOperations(
      grpc::CallbackServerContext* call,
      const jaeger::api_v3::GetOperationsRequest* request,
      jaeger::api_v3::GetOperationsResponse* response) override;
  grpc::ServerUnaryReactor* GetDependencies(
      grpc::CallbackServerContext* call,
      const jaeger::api_v3::GetDependenciesRequest* request,
      jaeger::api_v3::DependenciesResponse* response) override;
  grpc::ServerWriteReactor<jaeger::api_v3::FindTraceSummariesResponse>*
  FindTraceSummaries(grpc::CallbackServerContext* call,
                     const jaeger::api_v3::FindTracesRequest* request) override;

 private:
  const JaegerContext& context_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_QUERY_SERVICE_H_
