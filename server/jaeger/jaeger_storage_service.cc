#include "server/jaeger/jaeger_storage_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "jaeger/storage/v2/capabilities.grpc.pb.h"
#include "jaeger/storage/v2/dependency_storage.grpc.pb.h"
#include "jaeger/storage/v2/trace_storage.grpc.pb.h"
#include "query/spans/span_query.h"
#include "query/spans/span_summary.h"
#include "server/jaeger/jaeger_convert.h"
#include "server/jaeger/jaeger_reads.h"
#include "server/jaeger/jaeger_trace_stream.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/unary_read.h"

namespace roentgen::server {
namespace {

namespace v2 = jaeger::storage::v2;

using RefusedBytes = RefusedStream<grpc::ByteBuffer>;

absl::StatusOr<WantedTraces> ReadGetTraces(const grpc::ByteBuffer& bytes) {
  RTG_ASSIGN_OR_RETURN(const auto request,
                       ParseMessage<v2::GetTracesRequest>(bytes));
  WantedTraces wanted;
  RTG_ASSIGN_OR_RETURN(wanted.ids, FromProto(request));
  return wanted;
}

absl::StatusOr<WantedTraces> ReadFindTraces(const grpc::ByteBuffer& bytes) {
  RTG_ASSIGN_OR_RETURN(const auto request,
                       ParseMessage<v2::FindTracesRequest>(bytes));
  WantedTraces wanted;
  RTG_ASSIGN_OR_RETURN(wanted.query, FromProto(request.query()));
  return wanted;
}

absl::StatusOr<size_t> FillTraceIds(const Space& space,
                                    const v2::FindTracesRequest& request,
                                    const Call& read,
                                    v2::FindTraceIDsResponse* response) {
  RTG_ASSIGN_OR_RETURN(const query::SpanQuery query,
                       FromProto(request.query()));
  absl::Status status;
  RTG_RETURN_IF_ERROR(
      space.spans().Find(query, read, [&](const query::SpanTrace& trace) {
        const auto summary = query::Summarize(trace);
        status = summary.status();
        if (status.ok()) ToProto(*summary, response->add_trace_ids());
        return status.ok();
      }));
  RTG_RETURN_IF_ERROR(status);
  return response->SpaceUsedLong();
}

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
  explicit JaegerCapabilities(const JaegerContext& context)
      : context_(context) {}

  grpc::ServerUnaryReactor* GetCapabilities(
      grpc::CallbackServerContext* call,
      const jaeger::storage::v2::GetCapabilitiesRequest* request,
      jaeger::storage::v2::GetCapabilitiesResponse* response) override;

 private:
  const JaegerContext& context_;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* JaegerTraceReader::GetTraces(
    grpc::CallbackServerContext* call, const grpc::ByteBuffer* request) {
  return Guarded(
      context_, call, "GetTraces",
      [&](const Principal& caller)
          -> grpc::ServerWriteReactor<grpc::ByteBuffer>* {
        absl::StatusOr<WantedTraces> wanted = ReadGetTraces(*request);
        if (!wanted.ok()) return RefusedBytes::Start(wanted.status());
        return StartJaegerTraceStream(context_, context_.spaces.Of(caller),
                                      call, *std::move(wanted));
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* JaegerTraceReader::FindTraces(
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

grpc::ServerUnaryReactor* JaegerTraceReader::GetServices(
    grpc::CallbackServerContext* call, const v2::GetServicesRequest*,
    v2::GetServicesResponse* response) {
  return Guarded(context_, call, "GetServices", [&](const Principal& caller) {
    return StartGetServices(context_, context_.spaces.Of(caller), call,
                            response);
  });
}

grpc::ServerUnaryReactor* JaegerTraceReader::GetOperations(
    grpc::CallbackServerContext* call, const v2::GetOperationsRequest* request,
    v2::GetOperationsResponse* response) {
  return Guarded(context_, call, "GetOperations", [&](const Principal& caller) {
    return StartGetOperations(context_, context_.spaces.Of(caller), call,
                              request, response);
  });
}

grpc::ServerUnaryReactor* JaegerTraceReader::FindTraceIDs(
    grpc::CallbackServerContext* call, const v2::FindTracesRequest* request,
    v2::FindTraceIDsResponse* response) {
  return Guarded(context_, call, "FindTraceIDs", [&](const Principal& caller) {
    return StartUnaryRead(context_, call,
                          [&space = context_.spaces.Of(caller), request,
                           response](const Call& read) {
                            return FillTraceIds(space, *request, read,
                                                response);
                          });
  });
}

grpc::ServerWriteReactor<v2::FindTraceSummariesResponse>*
JaegerTraceReader::FindTraceSummaries(grpc::CallbackServerContext* call,
                                      const v2::FindTracesRequest* request) {
  return Guarded(
      context_, call, "FindTraceSummaries", [&](const Principal& caller) {
        return StartFindTraceSummaries<v2::FindTraceSummariesResponse>(
            context_, context_.spaces.Of(caller), call, request, false);
      });
}

grpc::ServerUnaryReactor* JaegerDependencyReader::GetDependencies(
    grpc::CallbackServerContext* call,
    const v2::GetDependenciesRequest* request,
    v2::GetDependenciesResponse* response) {
  return Guarded(
      context_, call, "GetDependencies", [&](const Principal& caller) {
        return StartGetDependencies(context_, context_.spaces.Of(caller), call,
                                    request, response);
      });
}

grpc::ServerUnaryReactor* JaegerCapabilities::GetCapabilities(
    grpc::CallbackServerContext* call, const v2::GetCapabilitiesRequest*,
    v2::GetCapabilitiesResponse* response) {
  return Guarded(context_, call, "GetCapabilities", [&](const Principal&) {
    v2::SearchCapabilities* search = response->mutable_search();
    search->set_without_service_name(true);
    search->set_same_span_conjunction(true);
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  });
}

}  // namespace

std::unique_ptr<grpc::Service> NewJaegerTraceReader(
    const JaegerContext& context) {
  return std::make_unique<JaegerTraceReader>(context);
}

std::unique_ptr<grpc::Service> NewJaegerDependencyReader(
    const JaegerContext& context) {
  return std::make_unique<JaegerDependencyReader>(context);
}

std::unique_ptr<grpc::Service> NewJaegerCapabilities(
    const JaegerContext& context) {
  return std::make_unique<JaegerCapabilities>(context);
}

}  // namespace roentgen::server
