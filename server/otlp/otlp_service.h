// OTLP's TraceService over gRPC.
//
// The request stays bytes: it is read where it lies, without building messages
// of it, and each span is stored as it came.
//
// Errors are those of OTLP's clients' rules: bytes that are no request are
// INVALID_ARGUMENT; what may succeed later, a full queue among it, is
// UNAVAILABLE with a RetryInfo.
//
// Threads: gRPC's, and the engine's commit thread.
#ifndef ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_
#define ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_

#include <cstddef>

#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "server/ingest/span_pipeline.h"
#include "server/rpc/call_context.h"

namespace roentgen::server {

class OtlpService
    : public opentelemetry::proto::collector::trace::v1::TraceService::
          WithRawCallbackMethod_Export<opentelemetry::proto::collector::trace::
                                           v1::TraceService::Service> {
 public:
  // Both outlive this object. `request_bytes_max`: larger requests are
  // RESOURCE_EXHAUSTED, not to be tried again.
  OtlpService(const CallContext& context, SpanPipeline& pipeline,
              size_t request_bytes_max)
      : context_(context),
        pipeline_(pipeline),
        request_bytes_max_(request_bytes_max) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* call,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;

 private:
  const CallContext& context_;
  SpanPipeline& pipeline_;
  const size_t request_bytes_max_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_
