#include "server/otlp/otlp_service.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_budget.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "server/auth/access.h"
#include "server/ingest/span_pipeline.h"
#include "server/otlp/export_response.h"
#include "server/rpc/call_context.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/message_size.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/write_watch.h"

namespace roentgen::server {
namespace {

// Clients give up at RESOURCE_EXHAUSTED sooner than they should.
absl::Status ForOtlp(const absl::Status& status) {
  return absl::IsResourceExhausted(status)
             ? absl::UnavailableError(status.message())
             : status;
}

// Lives until gRPC is done with it.
class ExportCall : public grpc::ServerUnaryReactor,
                   public std::enable_shared_from_this<ExportCall> {
 public:
  ExportCall(const CallContext& context, grpc::CallbackServerContext* call,
             grpc::ByteBuffer& response)
      : lease_(context.memory, CallerOfCall(context, *call)),
        response_(response),
        answering_(context.writes, call) {}

  // Once; the call may have ended when it returns.
  void Start(const CallContext& context, SpanPipeline& pipeline,
             absl::Time deadline, const grpc::ByteBuffer& request) {
    self_ = shared_from_this();
    if (!lease_.GrowOrOverdraw(request.Length())) {
      return End(ForOtlp(TooManyRequestBytes(context)));
    }
    // Shares the bytes unless they came in pieces.
    grpc::Slice bytes;
    grpc::Status flat = request.TrySingleSlice(&bytes);
    if (!flat.ok()) flat = request.DumpToSingleSlice(&bytes);
    if (!flat.ok()) return Finish(flat);
    pipeline.Export(
        std::string_view(reinterpret_cast<const char*>(bytes.begin()),
                         bytes.size()),
        SpanSource::kOtlpGrpc,
        {.deadline = deadline, .caller = lease_.caller()},
        [this](const absl::StatusOr<ExportOutcome>& outcome) {
          Answer(outcome);
        });
  }
  void OnDone() override { self_.reset(); }

 private:
  void Answer(const absl::StatusOr<ExportOutcome>& outcome) {
    if (outcome.ok()) {
      const grpc::Slice bytes(ExportResponseBytes(*outcome));
      response_ = grpc::ByteBuffer(&bytes, 1);
    }
    End(ForOtlp(outcome.status()));
  }

  void End(const absl::Status& status) {
    answering_.Begin();
    Finish(ToGrpcStatus(status));
  }

  MemoryLease lease_;
  grpc::ByteBuffer& response_;
  WriteTimer answering_;
  std::shared_ptr<ExportCall> self_;
};

class OtlpService
    : public opentelemetry::proto::collector::trace::v1::TraceService::
          WithRawCallbackMethod_Export<opentelemetry::proto::collector::trace::
                                           v1::TraceService::Service> {
 public:
  // What `context` refers to outlives this object.
  // `request_bytes_max`: larger requests are refused.
  OtlpService(const CallContext& context, ListenerSpaces spaces,
              size_t request_bytes_max)
      : context_(context),
        spaces_(spaces),
        request_bytes_max_(request_bytes_max) {}

  grpc::ServerUnaryReactor* Export(grpc::CallbackServerContext* call,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;

 private:
  const CallContext context_;
  const ListenerSpaces spaces_;
  const size_t request_bytes_max_;
};

grpc::ServerUnaryReactor* OtlpService::Export(grpc::CallbackServerContext* call,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* response) {
  return Guarded(context_, call, "Export",
                 [&](const Principal& caller) -> grpc::ServerUnaryReactor* {
                   const absl::Status size =
                       CheckMessageSize(request->Length(), request_bytes_max_);
                   if (!size.ok()) {
                     return RefusedCall<grpc::ServerUnaryReactor>::Start(size);
                   }
                   const auto reactor =
                       std::make_shared<ExportCall>(context_, call, *response);
                   reactor->Start(context_, spaces_.Of(caller).span_exports(),
                                  PutDeadline(context_, *call), *request);
                   return reactor.get();
                 });
}

}  // namespace

void AddOtlpService(GrpcServer& server, ListenerSpaces spaces,
                    size_t request_bytes_max) {
  using opentelemetry::proto::collector::trace::v1::TraceService;
  const auto access_of = [](std::string_view) { return Access::kIngest; };
  server.Add({.name = TraceService::service_full_name(),
              .service = std::make_shared<OtlpService>(
                  server.CallsOf(access_of), spaces, request_bytes_max),
              .message_bytes_max = request_bytes_max});
}

}  // namespace roentgen::server
