// roentgen.v1.GraphService: which function serves which call.
#ifndef ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_
#define ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_

#include "roentgen/v1/graph_service.grpc.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

class GraphService : public v1::GraphService::CallbackService {
 public:
  // `context` outlives this object.
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

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GRAPH_SERVICE_H_
