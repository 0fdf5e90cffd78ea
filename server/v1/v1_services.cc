#include "server/v1/v1_services.h"

#include <memory>

#include "roentgen/v1/account_service.grpc.pb.h"
#include "roentgen/v1/insight_service.grpc.pb.h"
#include "roentgen/v1/retrieval_service.grpc.pb.h"
#include "roentgen/v1/sampling_service.grpc.pb.h"
#include "server/v1/api_service.h"
#include "server/v1/graph_service.h"
#include "server/v1/group_service.h"
#include "server/v1/method_access.h"
#include "server/v1/retrieved_graph.h"
#include "server/v1/trace_service.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {
namespace {

struct V1Services {
  V1Services(const GrpcServer& server, const V1Options& options)
      : context{server.CallsOf(AccessOfV1Method), options.spaces,
                options.message_bytes_max, options.tails} {}

  const V1Context context;
  TraceService traces{context};
  GraphService graphs{context};
  GroupService groups{context};
  ApiService sampling{context, *v1::SamplingRule::descriptor()->file()};
  ApiService insights{context, *v1::Insight::descriptor()->file()};
  ApiService account{context, *v1::ResourcePolicy::descriptor()->file()};
  ApiService retrieval{context,
                       *v1::RetrievedTrace::descriptor()->file(),
                       {{"GetRetrievedTracesGraph", RetrievedGraphFunction()}}};
};

}  // namespace

void AddV1Services(GrpcServer& server, const V1Options& options) {
  const auto all = std::make_shared<V1Services>(server, options);
  const auto add = [&](const char* name, grpc::Service& service) {
    server.Add({.name = name,
                .service = {all, &service},
                .message_bytes_max = options.message_bytes_max});
  };
  add(v1::TraceService::service_full_name(), all->traces);
  add(v1::GraphService::service_full_name(), all->graphs);
  add(v1::GroupService::service_full_name(), all->groups);
  add(v1::SamplingService::service_full_name(), all->sampling);
  add(v1::InsightService::service_full_name(), all->insights);
  add(v1::AccountService::service_full_name(), all->account);
  add(v1::RetrievalService::service_full_name(), all->retrieval);
}

}  // namespace roentgen::server
