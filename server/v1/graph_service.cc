#include "server/v1/graph_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "roentgen/v1/graph_service.grpc.pb.h"
#include "server/rpc/call_guard.h"
#include "server/v1/graph_convert.h"
#include "server/v1/graph_stream.h"

namespace roentgen::server {
namespace {

template <typename Request>
Histograms HistogramsOf(const Request& request) {
  return request.histograms() ? Histograms::kShown : Histograms::kLeftOut;
}

class GraphService : public v1::GraphService::CallbackService {
 public:
  explicit GraphService(const V1Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetServiceGraph(
      grpc::CallbackServerContext* call,
      const v1::GetServiceGraphRequest* request,
      v1::GetServiceGraphResponse* response) override;
  grpc::ServerWriteReactor<v1::StreamServiceGraphResponse>* StreamServiceGraph(
      grpc::CallbackServerContext* call,
      const v1::GetServiceGraphRequest* request) override;
  grpc::ServerUnaryReactor* GetTraceGraph(
      grpc::CallbackServerContext* call,
      const v1::GetTraceGraphRequest* request,
      v1::GetTraceGraphResponse* response) override;
  grpc::ServerUnaryReactor* GetTimeSeries(
      grpc::CallbackServerContext* call,
      const v1::GetTimeSeriesRequest* request,
      v1::GetTimeSeriesResponse* response) override;
  grpc::ServerUnaryReactor* CompareGraphs(
      grpc::CallbackServerContext* call,
      const v1::CompareGraphsRequest* request,
      v1::CompareGraphsResponse* response) override;

 private:
  const V1Context& context_;
};

grpc::ServerUnaryReactor* GraphService::GetServiceGraph(
    grpc::CallbackServerContext* call,
    const v1::GetServiceGraphRequest* request,
    v1::GetServiceGraphResponse* response) {
  auto work = [request, response](Space& space,
                                  const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::ServiceGraphRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::ServiceGraphAnswer answer,
                         space.graphs().Graph(query, read));
    ToProto(answer, HistogramsOf(*request), response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "GetServiceGraph", nullptr, std::move(work));
}

grpc::ServerWriteReactor<v1::StreamServiceGraphResponse>*
GraphService::StreamServiceGraph(grpc::CallbackServerContext* call,
                                 const v1::GetServiceGraphRequest* request) {
  return Guarded(context_, call, "StreamServiceGraph",
                 [&](const Principal& caller) {
                   return StartGraphStream(context_, context_.spaces.Of(caller),
                                           call, request);
                 });
}

grpc::ServerUnaryReactor* GraphService::GetTraceGraph(
    grpc::CallbackServerContext* call, const v1::GetTraceGraphRequest* request,
    v1::GetTraceGraphResponse* response) {
  auto work = [request, response](Space& space,
                                  const Call& read) -> absl::StatusOr<size_t> {
    const std::vector<std::string> ids(request->trace_ids().begin(),
                                       request->trace_ids().end());
    RTG_ASSIGN_OR_RETURN(const query::ServiceMap map,
                         space.graphs().OfTraces(ids, "", read));
    ToProto(map, HistogramsOf(*request), response->mutable_graph());
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "GetTraceGraph", nullptr, std::move(work));
}

grpc::ServerUnaryReactor* GraphService::GetTimeSeries(
    grpc::CallbackServerContext* call, const v1::GetTimeSeriesRequest* request,
    v1::GetTimeSeriesResponse* response) {
  auto work = [request, response](Space& space,
                                  const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::TimeSeriesRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::TimeSeriesAnswer answer,
                         space.graphs().TimeSeries(query, read));
    ToProto(answer, response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "GetTimeSeries", nullptr, std::move(work));
}

grpc::ServerUnaryReactor* GraphService::CompareGraphs(
    grpc::CallbackServerContext* call, const v1::CompareGraphsRequest* request,
    v1::CompareGraphsResponse* response) {
  auto work = [request, response](Space& space,
                                  const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::ServiceGraphRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::ServiceGraphAnswer answer,
                         space.graphs().Graph(query, read));
    ToProto(answer, response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "CompareGraphs", nullptr, std::move(work));
}

}  // namespace

std::unique_ptr<grpc::Service> NewGraphService(const V1Context& context) {
  return std::make_unique<GraphService>(context);
}

}  // namespace roentgen::server
