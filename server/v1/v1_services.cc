#include "server/v1/v1_services.h"

#include <memory>

#include "roentgen/v1/account_service.pb.h"
#include "roentgen/v1/insight_service.pb.h"
#include "roentgen/v1/retrieval_service.pb.h"
#include "roentgen/v1/sampling_service.pb.h"
#include "server/v1/api_service.h"
#include "server/v1/backup_service.h"
#include "server/v1/check_service.h"
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
  const std::unique_ptr<grpc::Service> traces = NewTraceService(context);
  const std::unique_ptr<grpc::Service> checks = NewCheckService(context);
  const std::unique_ptr<grpc::Service> graphs = NewGraphService(context);
  const std::unique_ptr<grpc::Service> groups = NewGroupService(context);
  const std::unique_ptr<grpc::Service> backups = NewBackupService(context);
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
  add("roentgen.v1.TraceService", *all->traces);
  add("roentgen.v1.CheckService", *all->checks);
  add("roentgen.v1.GraphService", *all->graphs);
  add("roentgen.v1.GroupService", *all->groups);
  add("roentgen.v1.BackupService", *all->backups);
  add("roentgen.v1.SamplingService", all->sampling);
  add("roentgen.v1.InsightService", all->insights);
  add("roentgen.v1.AccountService", all->account);
  add("roentgen.v1.RetrievalService", all->retrieval);
}

}  // namespace roentgen::server
