#include "server/rpc/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <grpcpp/support/server_interceptor.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/listen_address.h"
#include "base/status_macros.h"
#include "server/rpc/peer_address.h"

namespace roentgen::server {
namespace {

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
  State(WorkerPool& r, WorkerPool& s, const GrpcServerOptions& options)
      : reads(r),
        small_calls(s),
        writes(options.write_timeout),
        memory(BudgetOf(options)),
        answers(options.answers != nullptr ? options.answers : memory) {}

  PoolShare reads;
  PoolShare small_calls;
  WriteWatch writes;
  StreamRegistry streams;
  const std::shared_ptr<MemoryBudget> memory;
  const std::shared_ptr<MemoryBudget> answers;
  std::vector<GrpcService> services;
  std::vector<std::string> health_names;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<GrpcFront> own_front;
  std::optional<GrpcFront::Doors> doors;  // While they are open.
};

GrpcServer::GrpcServer(WorkerPool& reads, WorkerPool& small_calls,
                       const CallLimits& calls, GrpcServerOptions options)
    : calls_(calls),
      options_(std::move(options)),
      state_(std::make_unique<State>(reads, small_calls, options_)) {}

CallContext GrpcServer::CallsOf(
    Access (*access_of)(std::string_view method)) const {
  return {.authenticator = options_.authenticator,
          .access_of = access_of,
          .reads = state_->reads,
          .small_calls = state_->small_calls,
          .streams = state_->streams,
          .writes = state_->writes,
          .memory = state_->memory,
          .answers = state_->answers,
          .calls = calls_,
          .read_timeout = options_.read_timeout,
          .put_timeout = options_.put_timeout,
          .audit = options_.audit,
          .space = options_.space};
}

void GrpcServer::Add(GrpcService service) {
  state_->health_names.push_back(service.name);
  state_->services.push_back(std::move(service));
}

void GrpcServer::AddHealth(std::string name) {
  state_->health_names.push_back(std::move(name));
}

GrpcServer::~GrpcServer() { Drain(absl::InfinitePast()); }

absl::Status GrpcServer::Start() {
  InitLibrary();
  grpc::ServerBuilder builder;
  size_t receive_bytes_max = 0;
  for (const GrpcService& added : state_->services) {
    receive_bytes_max = std::max(receive_bytes_max, added.message_bytes_max);
    builder.RegisterService(added.service.get());
  }
  builder.SetMaxReceiveMessageSize(static_cast<int>(receive_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             limits::kGrpcStreamsPerConnectionMax);
  // Idle clients ask each ten seconds or so whether the connection still works;
  // the library would close it on the third question.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      limits::kGrpcPingIntervalMinMs);
  grpc::ResourceQuota quota("roentgen");
  quota.Resize(
      state_->memory->bytes_max() +
      (state_->answers != state_->memory ? state_->answers->bytes_max() : 0) +
      std::max(limits::kGrpcTransportBytes, receive_bytes_max));
  builder.SetResourceQuota(quota);
  if (options_.on_call) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        timers;
    timers.push_back(MakeCallTimer(options_.on_call));
    builder.experimental().SetInterceptorCreators(std::move(timers));
  }
  state_->server = builder.BuildAndStart();
  if (state_->server == nullptr) {
    return absl::UnavailableError("gRPC does not start");
  }
  // Clients ask for the whole server or for one service.
  auto* health = state_->server->GetHealthCheckService();
  if (health != nullptr) {
    for (const std::string& name : state_->health_names) {
      health->SetServingStatus(name, true);
    }
  }
  return OpenDoors();
}

absl::Status GrpcServer::OpenDoors() {
  GrpcFront* front = options_.front;
  if (front == nullptr) {
    state_->own_front = std::make_unique<GrpcFront>(GrpcFrontOptions{});
    front = state_->own_front.get();
  }
  RTG_ASSIGN_OR_RETURN(
      state_->doors,
      front->Open(
          options_.listen,
          [server = state_->server.get()](int descriptor, Peer peer) {
            NotePeer(descriptor, std::move(peer));
            grpc::AddInsecureChannelFromFd(server, descriptor);
          },
          options_.entrance));
  addresses_ = state_->doors->addresses;
  return absl::OkStatus();
}

void GrpcServer::SetServing(bool serving) {
  if (state_->server == nullptr) return;
  auto* health = state_->server->GetHealthCheckService();
  if (health != nullptr) health->SetServingStatus(serving);
}

void GrpcServer::Drain(absl::Time deadline) {
  if (state_->server != nullptr) {
    // First: the library forgets what it gets while it shuts down.
    if (state_->doors) {
      GrpcFront* const own = state_->own_front.get();
      (own != nullptr ? own : options_.front)->Close(*state_->doors);
    }
    SetServing(false);
    state_->streams.Drain();
    state_->server->Shutdown(absl::ToChronoTime(deadline));
    state_->server->Wait();
    state_->server.reset();
    state_->own_front.reset();
  }
  state_->reads.Wait();
  state_->small_calls.Wait();
}

uint64_t GrpcServer::unread_calls() const { return state_->writes.ended(); }

}  // namespace roentgen::server
