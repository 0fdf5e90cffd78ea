// jaeger.storage.v2: what Jaeger asks of a backend, but for writing, which is
// OTLP's TraceService.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_

#include "jaeger/storage/v2/capabilities.grpc.pb.h"
#include "jaeger/storage/v2/dependency_storage.grpc.pb.h"
#include "jaeger/storage/v2/trace_storage.grpc.pb.h"
#include "server/jaeger/jaeger_context.h"

namespace roentgen::server {

// Traces are sent as bytes, all else as messages.
using JaegerTraceReaderMethods =
    jaeger::storage::v2::TraceReader::WithRawCallbackMethod_GetTraces<
        jaeger::storage::v2::TraceReader::WithRawCallbackMethod_FindTraces<
            jaeger::storage::v2::TraceReader::WithCallbackMethod_GetServices<
                jaeger::storage::v2::TraceReader::
                    WithCallbackMethod_GetOperations<
                        jaeger::storage::v2::TraceReader::
                            WithCallbackMethod_FindTraceIDs<
                                jaeger::storage::v2::TraceReader::
                                    WithCallbackMethod_FindTraceSummaries<
                                        jaeger::storage::v2::TraceReader::
                                            Service>>>>>>;

class JaegerTraceReader : public JaegerTraceReaderMethods {
 public:
  // `context` outlives this object.
  explicit JaegerTraceReader(const JaegerContext& context)
      : context_(context) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GetTraces(
      grpc::CallbackServerContext* call,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FindTraces(
      grpc::CallbackServerContext* call,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* GetServices(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::GetServicesRequest* request,
      jaeger::storage::v2::GetServicesResponse* response) override;
  grpc::ServerUnaryReactor* GetOperations(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::GetOperationsRequest* request,
      jaeger::storage::v2::GetOperationsResponse* response) override;
  grpc::ServerUnaryReactor* FindTraceIDs(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::FindTracesRequest* request,
      jaeger::storage::v2::FindTraceIDsResponse* response) override;
  grpc::ServerWriteReactor<jaeger::storage::v2::FindTraceSummariesResponse>*
  FindTraceSummaries(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::FindTracesRequest* request) override;

 private:
  const JaegerContext& context_;
};

class JaegerDependencyReader
    : public jaeger::storage::v2::DependencyReader::CallbackService {
 public:
  // `context` outlives this object.
  explicit JaegerDependencyReader(const JaegerContext& context)
      : context_(context) {}

  grpc::ServerUnaryReactor* GetDependencies(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::GetDependenciesRequest* request,
      jaeger::storage::v2::GetDependenciesResponse* response) override;

 private:
  const JaegerContext& context_;
};

class JaegerCapabilities
    : public jaeger::storage::v2::Capabilities::CallbackService {
 public:
  // `context` outlives this object.
  explicit JaegerCapabilities(const JaegerContext& context)
      : context_(context) {}

  grpc::ServerUnaryReactor* GetCapabilities(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::GetCapabilitiesRequest* request,
      jaeger::storage::v2::GetCapabilitiesResponse* response) override;

 private:
  const JaegerContext& context_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_STORAGE_SERVICE_H_
