// What Jaeger's services answer alike, whatever their messages are called.
//
// Threads: thread-safe; see unary_read.h.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_READS_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_READS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "grpcpp/grpcpp.h"
#include "query/spans/span_query.h"
#include "server/jaeger/jaeger_context.h"
#include "server/jaeger/jaeger_convert.h"
#include "server/jaeger/jaeger_summary_stream.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/unary_read.h"
#include "trace/model/operation.h"

namespace roentgen::server {

template <typename Response>
grpc::ServerUnaryReactor* StartGetServices(const JaegerContext& context,
                                           Space& space,
                                           grpc::CallbackServerContext* call,
                                           Response* response) {
  return StartUnaryRead(
      context, call,
      [&space, response](const Call& read) -> absl::StatusOr<size_t> {
        RTG_ASSIGN_OR_RETURN(const std::vector<std::string> services,
                             space.spans().Services(read));
        for (const std::string& service : services) {
          response->add_services(service);
        }
        return response->SpaceUsedLong();
      });
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* StartGetOperations(const JaegerContext& context,
                                             Space& space,
                                             grpc::CallbackServerContext* call,
                                             const Request* request,
                                             Response* response) {
  return StartUnaryRead(
      context, call,
      [&space, request, response](const Call& read) -> absl::StatusOr<size_t> {
        std::optional<std::string> kind;
        if (!request->span_kind().empty()) kind = request->span_kind();
        RTG_ASSIGN_OR_RETURN(
            const std::vector<storage::Operation> operations,
            space.spans().Operations(request->service(), kind, read));
        for (const storage::Operation& operation : operations) {
          auto* out = response->add_operations();
          out->set_name(operation.name);
          out->set_span_kind(operation.kind);
        }
        return response->SpaceUsedLong();
      });
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* StartGetDependencies(
    const JaegerContext& context, Space& space,
    grpc::CallbackServerContext* call, const Request* request,
    Response* response) {
  return StartUnaryRead(
      context, call,
      [&space, request, response](const Call& read) -> absl::StatusOr<size_t> {
        RTG_ASSIGN_OR_RETURN(const TimeRange range, FromProto(*request));
        RTG_ASSIGN_OR_RETURN(
            const storage::ServiceCalls calls,
            space.spans().Calls(range, storage::CallSet::kSpans, read));
        for (const auto& [pair, count] : calls) {
          auto* out = response->add_dependencies();
          out->set_parent(pair.first);
          out->set_child(pair.second);
          out->set_call_count(count.calls);
        }
        return response->SpaceUsedLong();
      });
}

template <typename Response, typename Request>
grpc::ServerWriteReactor<Response>* StartFindTraceSummaries(
    const JaegerContext& context, Space& space,
    grpc::CallbackServerContext* call, const Request* request, bool adjusted) {
  absl::StatusOr<query::SpanQuery> query = FromProto(request->query());
  if (!query.ok()) return RefusedStream<Response>::Start(query.status());
  return JaegerSummaryStream<Response>::Start(context, space, call,
                                              *std::move(query), adjusted);
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_READS_H_
