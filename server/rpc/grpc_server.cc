#include "server/rpc/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "roentgen/v1/account_service.pb.h"
#include "roentgen/v1/insight_service.pb.h"
#include "roentgen/v1/retrieval_service.pb.h"
#include "roentgen/v1/sampling_service.pb.h"
#include "server/jaeger/jaeger_query_service.h"
#include "server/jaeger/jaeger_storage_service.h"
#include "server/otlp/otlp_service.h"
#include "server/v1/api_service.h"
#include "server/v1/graph_service.h"
#include "server/v1/group_service.h"
#include "server/v1/retrieved_graph.h"
#include "server/v1/trace_service.h"

namespace roentgen::server {
namespace {

using OtlpTraceService =
    opentelemetry::proto::collector::trace::v1::TraceService;

// Jaeger asks for the health of these by name.
constexpr const char* kJaegerServices[] = {
    "jaeger.storage.v2.TraceReader", "jaeger.storage.v2.DependencyReader",
    "jaeger.storage.v2.TraceWriter", "jaeger.storage.v2.Capabilities"};

// Process-wide switches of the library; before the first builder.
void InitLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

std::shared_ptr<MemoryBudget> BudgetOf(const GrpcServerOptions& options) {
  if (options.memory != nullptr) return options.memory;
  return std::make_shared<MemoryBudget>(limits::kRequestBufferBytes);
}

}  // namespace

struct GrpcServer::State {
  State(const GrpcBackends& backends, WorkerPool& pool,
        const GrpcServerOptions& options)
      : reads(pool),
        context{.queries = backends.queries,
                .graphs = backends.graphs,
                .groups = backends.groups,
                .ingest = backends.ingest,
                .functions = backends.functions,
                .retrievals = backends.retrievals,
                .spans = backends.spans,
                .authenticator = options.authenticator,
                .reads = reads,
                .streams = streams,
                .memory = BudgetOf(options),
                .message_bytes_max = options.message_bytes_max,
                .trace_chunk_bytes_max = options.trace_chunk_bytes_max},
        traces(context),
        otlp(context, backends.span_ingest, options.otlp_request_bytes_max),
        graphs(context),
        groups(context),
        sampling(context, *v1::SamplingRule::descriptor()->file()),
        insights(context, *v1::Insight::descriptor()->file()),
        account(context, *v1::ResourcePolicy::descriptor()->file()),
        retrieval(context, *v1::RetrievedTrace::descriptor()->file(),
                  {{"GetRetrievedTracesGraph",
                    RetrievedGraphFunction(backends.retrievals)}}),
        jaeger_traces(context),
        jaeger_dependencies(context),
        jaeger_capabilities(context),
        jaeger_query(context) {}

  PoolShare reads;
  StreamRegistry streams;
  const CallContext context;
  TraceService traces;
  OtlpService otlp;
  GraphService graphs;
  GroupService groups;
  ApiService sampling;
  ApiService insights;
  ApiService account;
  ApiService retrieval;
  JaegerTraceReader jaeger_traces;
  JaegerDependencyReader jaeger_dependencies;
  JaegerCapabilities jaeger_capabilities;
  JaegerQueryService jaeger_query;
  std::unique_ptr<grpc::Server> server;
};

GrpcServer::GrpcServer(const GrpcBackends& backends, WorkerPool& reads,
                       GrpcServerOptions options)
    : options_(std::move(options)),
      state_(std::make_unique<State>(backends, reads, options_)) {}

GrpcServer::~GrpcServer() { Drain(absl::InfinitePast()); }

absl::Status GrpcServer::Start() {
  InitLibrary();
  grpc::ServerBuilder builder;
  ports_.assign(options_.listen.size(), 0);
  for (size_t i = 0; i < options_.listen.size(); ++i) {
    builder.AddListeningPort(options_.listen[i],
                             grpc::InsecureServerCredentials(), &ports_[i]);
  }
  const size_t receive_bytes_max =
      std::max(options_.message_bytes_max, options_.otlp_request_bytes_max);
  builder.SetMaxReceiveMessageSize(static_cast<int>(receive_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             limits::kGrpcStreamsPerConnectionMax);
  // Idle clients ask each ten seconds or so whether the connection still works;
  // the library would close it on the third question.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      limits::kGrpcPingIntervalMinMs);
  // Two servers on one port would each get half of the traffic.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("roentgen");
  quota.Resize(state_->context.memory->bytes_max() +
               std::max(limits::kGrpcTransportBytes, receive_bytes_max));
  builder.SetResourceQuota(quota);
  if (options_.on_call) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        timers;
    timers.push_back(MakeCallTimer(options_.on_call));
    builder.experimental().SetInterceptorCreators(std::move(timers));
  }
  builder.RegisterService(&state_->traces);
  builder.RegisterService(&state_->otlp);
  builder.RegisterService(&state_->graphs);
  builder.RegisterService(&state_->groups);
  builder.RegisterService(&state_->sampling);
  builder.RegisterService(&state_->insights);
  builder.RegisterService(&state_->account);
  builder.RegisterService(&state_->retrieval);
  builder.RegisterService(&state_->jaeger_traces);
  builder.RegisterService(&state_->jaeger_dependencies);
  builder.RegisterService(&state_->jaeger_capabilities);
  builder.RegisterService(&state_->jaeger_query);
  state_->server = builder.BuildAndStart();
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (state_->server == nullptr || ports_[i] == 0) {
      return absl::UnavailableError("grpc.listen: cannot listen on " +
                                    options_.listen[i]);
    }
  }
  // Clients ask for the whole server or for one service.
  auto* health = state_->server->GetHealthCheckService();
  if (health != nullptr) {
    health->SetServingStatus(OtlpTraceService::service_full_name(), true);
    for (const char* service : kJaegerServices) {
      health->SetServingStatus(service, true);
    }
  }
  return absl::OkStatus();
}

void GrpcServer::SetServing(bool serving) {
  if (state_->server == nullptr) return;
  auto* health = state_->server->GetHealthCheckService();
  if (health != nullptr) health->SetServingStatus(serving);
}

void GrpcServer::Drain(absl::Time deadline) {
  if (state_->server != nullptr) {
    SetServing(false);
    state_->streams.Drain();
    state_->server->Shutdown(absl::ToChronoTime(deadline));
    state_->server->Wait();
    state_->server.reset();
  }
  state_->reads.Wait();
}

}  // namespace roentgen::server
