#include "server/jaeger/jaeger_query_service.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "jaeger/api_v3/query_service.grpc.pb.h"
#include "server/jaeger/jaeger_convert.h"
#include "server/jaeger/jaeger_query.h"
#include "server/jaeger/jaeger_reads.h"
#include "server/jaeger/jaeger_trace_stream.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/refused_call.h"

namespace roentgen::server {
namespace {

namespace v3 = jaeger::api_v3;

using RefusedBytes = RefusedStream<grpc::ByteBuffer>;

absl::StatusOr<WantedTraces> ReadGetTrace(const grpc::ByteBuffer& bytes) {
  RTG_ASSIGN_OR_RETURN(const auto request,
                       ParseMessage<v3::GetTraceRequest>(bytes));
  RTG_ASSIGN_OR_RETURN(const storage::TraceId id,
                       ReadTraceId(request.trace_id()));
  WantedTraces wanted;
  wanted.ids = {id};
  wanted.must_exist = true;
  wanted.adjusted = !request.raw_traces();
  return wanted;
}

absl::StatusOr<WantedTraces> ReadFindTraces(const grpc::ByteBuffer& bytes) {
  RTG_ASSIGN_OR_RETURN(const auto request,
                       ParseMessage<v3::FindTracesRequest>(bytes));
  WantedTraces wanted;
  RTG_ASSIGN_OR_RETURN(wanted.query, FromProto(request.query()));
  wanted.adjusted = !request.query().raw_traces();
  return wanted;
}

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

grpc::ServerWriteReactor<grpc::ByteBuffer>* JaegerQueryService::GetTrace(
    grpc::CallbackServerContext* call, const grpc::ByteBuffer* request) {
  return Guarded(context_, call, "GetTrace",
                 [&](const Principal& caller)
                     -> grpc::ServerWriteReactor<grpc::ByteBuffer>* {
                   absl::StatusOr<WantedTraces> wanted = ReadGetTrace(*request);
                   if (!wanted.ok())
                     return RefusedBytes::Start(wanted.status());
                   return StartJaegerTraceStream(context_,
                                                 context_.spaces.Of(caller),
                                                 call, *std::move(wanted));
                 });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* JaegerQueryService::FindTraces(
    grpc::CallbackServerContext* call, const grpc::ByteBuffer* request) {
  return Guarded(
      context_, call, "FindTraces",
      [&](const Principal& caller)
          -> grpc::ServerWriteReactor<grpc::ByteBuffer>* {
        absl::StatusOr<WantedTraces> wanted = ReadFindTraces(*request);
        if (!wanted.ok()) return RefusedBytes::Start(wanted.status());
        return StartJaegerTraceStream(context_, context_.spaces.Of(caller),
                                      call, *std::move(wanted));
      });
}

grpc::ServerUnaryReactor* JaegerQueryService::GetServices(
    grpc::CallbackServerContext* call, const v3::GetServicesRequest*,
    v3::GetServicesResponse* response) {
  return Guarded(context_, call, "GetServices", [&](const Principal& caller) {
    return StartGetServices(context_, context_.spaces.Of(caller), call,
                            response);
  });
}

grpc::ServerUnaryReactor* JaegerQueryService::GetOperations(
    grpc::CallbackServerContext* call, const v3::GetOperationsRequest* request,
    v3::GetOperationsResponse* response) {
  return Guarded(context_, call, "GetOperations", [&](const Principal& caller) {
    return StartGetOperations(context_, context_.spaces.Of(caller), call,
                              request, response);
  });
}

grpc::ServerUnaryReactor* JaegerQueryService::GetDependencies(
    grpc::CallbackServerContext* call,
    const v3::GetDependenciesRequest* request,
    v3::DependenciesResponse* response) {
  return Guarded(
      context_, call, "GetDependencies", [&](const Principal& caller) {
        return StartGetDependencies(context_, context_.spaces.Of(caller), call,
                                    request, response);
      });
}

grpc::ServerWriteReactor<v3::FindTraceSummariesResponse>*
JaegerQueryService::FindTraceSummaries(grpc::CallbackServerContext* call,
                                       const v3::FindTracesRequest* request) {
  return Guarded(
      context_, call, "FindTraceSummaries", [&](const Principal& caller) {
        return StartFindTraceSummaries<v3::FindTraceSummariesResponse>(
            context_, context_.spaces.Of(caller), call, request,
            !request->query().raw_traces());
      });
}

}  // namespace

std::unique_ptr<grpc::Service> NewJaegerQueryService(
    const JaegerContext& context) {
  return std::make_unique<JaegerQueryService>(context);
}

}  // namespace roentgen::server
