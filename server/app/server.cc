#include "server/app/server.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "base/json_writer.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "server/admin/admin_handlers.h"
#include "server/admin/purge_handler.h"
#include "server/app/access_setup.h"
#include "server/app/engine_factory.h"
#include "server/app/server_metrics.h"
#include "server/app/server_options.h"
#include "server/auth/authenticator.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "server/ingest/span_pipeline.h"
#include "server/jaeger/jaeger_handlers.h"
#include "server/jaeger/jaeger_services.h"
#include "server/otlp/otlp_handlers.h"
#include "server/otlp/otlp_service.h"
#include "server/rpc/grpc_server.h"
#include "server/space/api_services.h"
#include "server/space/space.h"
#include "server/space/space_set.h"
#include "server/udp/udp_listener.h"
#include "server/v1/v1_services.h"
#include "server/xray/api_routes.h"
#include "server/xray/graph_handlers.h"
#include "server/xray/open_api.h"
#include "server/xray/xray_handlers.h"
#include "server/zipkin/zipkin_handlers.h"

namespace roentgen::server {
namespace {

absl::StatusOr<std::vector<ListenAddress>> ParseAddresses(
    const std::vector<std::string>& texts) {
  std::vector<ListenAddress> out;
  for (const std::string& text : texts) {
    RTG_ASSIGN_OR_RETURN(ListenAddress address, ListenAddress::Parse(text));
    out.push_back(std::move(address));
  }
  return out;
}

HttpServerOptions HttpOptions(const Config& config) {
  HttpServerOptions options;
  options.io_threads = static_cast<int>(config.http_io_threads);
  options.connections_max = static_cast<size_t>(config.http_connections_max);
  options.header_bytes_max = config.http_header_bytes_max.bytes;
  options.body_bytes_max = config.http_body_bytes_max.bytes;
  options.request_timeout = config.http_request_timeout;
  options.idle_timeout = config.http_idle_timeout;
  options.write_timeout = config.http_write_timeout;
  return options;
}

BodyLimit OtlpRequestLimit(const Config& config) {
  const size_t bytes = config.otlp_request_bytes_max.bytes;
  if (config.strict_aws_limits && limits::kAwsOtlpRequestBytesMax < bytes) {
    return {limits::kAwsOtlpRequestBytesMax, "strict_aws_limits"};
  }
  return {bytes, "otlp.request_bytes_max"};
}

SpanPipeline::Options SpanOptions(const Config& config) {
  SpanPipeline::Options options;
  options.profile.index_all = config.otlp_index_all_attributes;
  options.profile.indexed_attributes = config.otlp_indexed_attributes;
  options.profile.unknown_service = config.otlp_unknown_service_name;
  options.span_bytes_max = config.otlp_span_bytes_max.bytes;
  options.strict_aws_limits = config.strict_aws_limits;
  return options;
}

SpaceOptions SpaceOptionsOf(const Config& config, const Clock& clock) {
  SpaceOptions options;
  options.identity = {.partition = config.identity_partition,
                      .region = config.identity_region,
                      .account_id = config.identity_account_id};
  options.strict_aws_limits = config.strict_aws_limits;
  options.retention = config.retention;
  options.query_bytes_max = config.memory_query.bytes;
  options.spans = SpanOptions(config);
  options.webhook_url = config.insights_webhook_url;
  options.webhook_ca_file = config.insights_webhook_ca_file;
  options.clock = &clock;
  options.random = RandomBits;
  return options;
}

// Written aside and renamed: a reader sees all of it or nothing.
absl::Status WritePortsFile(const std::string& path,
                            const ServerAddresses& addresses) {
  const std::string aside = path + ".new";
  std::ofstream file(aside, std::ios::binary | std::ios::trunc);
  file << addresses.ToJson() << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(aside, path, error);
  if (file && !error) return absl::OkStatus();
  return absl::UnavailableError("cannot write ports_file '" + path + "'");
}

}  // namespace

// In order of construction; destroyed in reverse.
struct Server::Parts {
  Parts(const Config& c, const Clock& k) : config(c), clock(k) {}

  const Config config;
  const Clock& clock;
  Metrics metrics;
  Authenticator authenticator;
  std::atomic<bool> draining{false};
  std::unique_ptr<Space> space;
  SpaceSet spaces;
  std::unique_ptr<WorkerPool> readers;
  WorkerPool scrapes{{.threads = 1}};
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<GrpcServer> grpc;
  std::vector<std::unique_ptr<UdpListener>> udp;
  std::vector<ServerRoute> all_routes;

  absl::Status Build(ServerAddresses& addresses);
  absl::Status OpenParts();
  std::shared_ptr<const HttpRouter> XrayRoutes();
  CallLimits Limits() const;
  ApiServices Services();
  std::shared_ptr<const HttpRouter> OtlpRoutes();
  std::shared_ptr<const HttpRouter> AdminRoutes();
  std::shared_ptr<const HttpRouter> ZipkinRoutes();
  absl::Status StartHttp(std::shared_ptr<MemoryBudget> memory,
                         ServerAddresses& addresses);
  absl::Status StartGrpc(std::shared_ptr<MemoryBudget> memory,
                         ServerAddresses& addresses);
  absl::Status StartUdp(ServerAddresses& addresses);
  absl::Status Ready() const;
  absl::Status Shutdown();
};

absl::Status Server::Parts::OpenParts() {
  RTG_RETURN_IF_ERROR(CheckConfig(config));
  RTG_ASSIGN_OR_RETURN(authenticator, MakeAuthenticator(config));
  RTG_ASSIGN_OR_RETURN(SpaceStore store, OpenStore(config, clock, metrics));
  RTG_ASSIGN_OR_RETURN(
      space, Space::Open(std::move(store), SpaceOptionsOf(config, clock)));
  spaces.Add("default", *space);
  readers = std::make_unique<WorkerPool>(WorkerPool::Options{
      .threads = static_cast<size_t>(config.read_workers),
      .queue_max = static_cast<size_t>(config.read_queue_max)});
  AddProcessMetrics(metrics);
  AddEngineMetrics(metrics, space->engine());
  AddIngestMetrics(metrics, space->documents());
  AddSpanMetrics(metrics, space->span_exports());
  AddTelemetryMetrics(metrics, space->telemetry());
  AddInsightMetrics(metrics, space->notifier());
  return absl::OkStatus();
}

absl::Status Server::Parts::Build(ServerAddresses& addresses) {
  RTG_RETURN_IF_ERROR(OpenParts());
  auto memory =
      std::make_shared<MemoryBudget>(config.memory_request_buffers.bytes);
  RTG_RETURN_IF_ERROR(StartUdp(addresses));
  RTG_RETURN_IF_ERROR(StartGrpc(memory, addresses));
  RTG_RETURN_IF_ERROR(StartHttp(memory, addresses));
  if (config.ports_file.empty()) return absl::OkStatus();
  return WritePortsFile(config.ports_file, addresses);
}

CallLimits Server::Parts::Limits() const {
  return {.clock = &clock, .memory_bytes_max = config.memory_query.bytes};
}

ApiServices Server::Parts::Services() {
  return {.spaces = ListenerSpaces(*space),
          .workers = *readers,
          .calls = Limits(),
          .put_timeout = config.put_timeout,
          .read_timeout = config.read_timeout};
}

std::shared_ptr<const HttpRouter> Server::Parts::XrayRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddXrayRoutes(*router, Services());
  AddGraphRoutes(*router, Services());
  AddApiRoutes(*router, Services());
  AddOtlpRoutes(*router, Services(), OtlpRequestLimit(config));
  AddOpenApiRoute(*router);
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::OtlpRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddOtlpRoutes(*router, Services(), OtlpRequestLimit(config));
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::AdminRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddAdminRoutes(*router, {.metrics = metrics,
                           .scrapes = scrapes,
                           .ready = [this] { return Ready(); }});
  AddOpenApiRoute(*router);
  AddJaegerRoutes(*router, Services());
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::ZipkinRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddZipkinRoutes(*router, Services());
  return router;
}

absl::Status Server::Parts::StartHttp(std::shared_ptr<MemoryBudget> memory,
                                      ServerAddresses& addresses) {
  struct Group {
    const char* name;
    const std::vector<std::string>& wanted;
    std::shared_ptr<const HttpRouter> router;
    std::vector<std::string>& chosen;
  };
  auto purge = std::make_shared<HttpRouter>();
  AddPurgeRoute(*purge, Services());
  const Group groups_of_routes[] = {
      {"xray_http", config.xray_http_listen, XrayRoutes(), addresses.xray_http},
      {"otlp_http", config.otlp_http_listen, OtlpRoutes(), addresses.otlp_http},
      {"admin_http", config.admin_http_listen, AdminRoutes(),
       addresses.admin_http},
      {"zipkin_http", config.zipkin_http_listen, ZipkinRoutes(),
       addresses.zipkin_http},
      {"jaeger_purge", config.jaeger_purge_listen, purge,
       addresses.jaeger_purge}};
  std::vector<HttpListener> listeners;
  std::vector<std::vector<std::string>*> chosen;
  for (const Group& group : groups_of_routes) {
    RTG_ASSIGN_OR_RETURN(const std::vector<ListenAddress> wanted,
                         ParseAddresses(group.wanted));
    if (wanted.empty()) continue;
    for (const HttpRoute* route : group.router->routes()) {
      all_routes.push_back({.listener = group.name,
                            .method = route->method,
                            .path = route->path,
                            .access = route->access});
    }
    for (const ListenAddress& address : wanted) {
      listeners.push_back({.address = address,
                           .router = group.router,
                           .authenticator = &authenticator});
      chosen.push_back(&group.chosen);
    }
  }
  HttpServerOptions options = HttpOptions(config);
  options.memory = std::move(memory);
  RTG_ASSIGN_OR_RETURN(options.cors, MakeCorsPolicy(config));
  RTG_ASSIGN_OR_RETURN(options.guard,
                       BrowserGuard::Make(config.http_allowed_hosts));
  options.on_exchange = RequestObserver(metrics);
  http = std::make_unique<HttpServer>(std::move(options), clock);
  AddHttpMetrics(metrics, *http);
  RTG_RETURN_IF_ERROR(http->Start(std::move(listeners)));
  const std::vector<ListenAddress> ports = http->addresses();
  for (size_t i = 0; i < ports.size(); ++i) {
    chosen[i]->push_back(ports[i].ToString());
  }
  for (const std::string& address : addresses.jaeger_purge) {
    LogWarn("whoever posts to /purge here deletes every trace",
            {{"address", address}});
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::StartGrpc(std::shared_ptr<MemoryBudget> memory,
                                      ServerAddresses& addresses) {
  if (config.grpc_listen.empty()) return absl::OkStatus();
  GrpcServerOptions options;
  options.listen = config.grpc_listen;
  options.memory = std::move(memory);
  options.authenticator = &authenticator;
  options.on_call = CallObserver(metrics);
  grpc = std::make_unique<GrpcServer>(*readers, Limits(), std::move(options));
  AddV1Services(*grpc, {.spaces = ListenerSpaces(*space),
                        .message_bytes_max = config.http_body_bytes_max.bytes});
  AddOtlpService(*grpc, ListenerSpaces(*space), OtlpRequestLimit(config).bytes);
  AddJaegerServices(*grpc,
                    {.spaces = ListenerSpaces(*space),
                     .message_bytes_max = config.http_body_bytes_max.bytes});
  RTG_RETURN_IF_ERROR(grpc->Start());
  RTG_ASSIGN_OR_RETURN(std::vector<ListenAddress> chosen,
                       ParseAddresses(config.grpc_listen));
  for (size_t i = 0; i < chosen.size(); ++i) {
    chosen[i].port = static_cast<uint16_t>(grpc->ports()[i]);
    addresses.grpc.push_back(chosen[i].ToString());
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::StartUdp(ServerAddresses& addresses) {
  RTG_ASSIGN_OR_RETURN(const std::vector<ListenAddress> wanted,
                       ParseAddresses(config.xray_udp_listen));
  for (const ListenAddress& address : wanted) {
    udp.push_back(std::make_unique<UdpListener>(
        *space,
        UdpOptions{.address = address,
                   .receive_buffer_bytes = config.udp_receive_buffer.bytes,
                   .unacknowledged_bytes_max =
                       config.udp_unacknowledged_bytes_max.bytes,
                   .put_timeout = config.put_timeout,
                   .keep_unsampled_spans = config.udp_keep_unsampled_spans}));
    RTG_RETURN_IF_ERROR(udp.back()->Start());
    addresses.xray_udp.push_back(udp.back()->address().ToString());
  }
  AddUdpMetrics(metrics, udp);
  return absl::OkStatus();
}

absl::Status Server::Parts::Ready() const {
  if (draining.load()) return absl::UnavailableError("draining");
  return space->engine().Health();
}

absl::Status Server::Parts::Shutdown() {
  draining = true;
  const absl::Time deadline = clock.Now().ToTime() + config.shutdown_grace;
  // Side by side: an open stream on one must not keep the other accepting.
  std::thread grpc_drain([this, deadline] {
    if (grpc != nullptr) grpc->Drain(deadline);
  });
  for (const auto& listener : udp) listener->Stop();
  if (http != nullptr) http->Drain(config.shutdown_grace);
  // Nobody reads their answers any more, and gRPC's calls wait behind them.
  if (readers != nullptr) readers->DropWaiting();
  grpc_drain.join();
  if (readers != nullptr) readers->Stop();
  scrapes.Stop();
  return space != nullptr ? space->Stop() : absl::OkStatus();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Shutdown().IgnoreError(); }  // Who cares calls Shutdown.

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config,
                                                      const Clock& clock) {
  std::unique_ptr<Server> server(
      new Server(std::make_unique<Parts>(config, clock)));
  RTG_RETURN_IF_ERROR(server->parts_->Build(server->addresses_));
  return server;
}

std::vector<ServerRoute> Server::routes() const {
  return parts_ != nullptr ? parts_->all_routes : std::vector<ServerRoute>();
}

absl::Status Server::Shutdown() {
  if (parts_ == nullptr) return absl::OkStatus();
  const absl::Status status = parts_->Shutdown();
  parts_.reset();
  return status;
}

std::string ServerAddresses::ToJson() const {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  const auto list = [&](const char* key, const std::vector<std::string>& from) {
    json.Key(key).BeginArray();
    for (const std::string& address : from) json.String(address);
    json.EndArray();
  };
  list("xray_http", xray_http);
  list("xray_udp", xray_udp);
  list("grpc", grpc);
  list("otlp_http", otlp_http);
  list("admin_http", admin_http);
  list("zipkin_http", zipkin_http);
  list("jaeger_purge", jaeger_purge);
  json.EndObject();
  return out;
}

}  // namespace roentgen::server
