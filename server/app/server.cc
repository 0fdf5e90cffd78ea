#include "server/app/server.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "base/json_writer.h"
#include "base/listen_address.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/status_macros.h"
#include "query/group_tests.h"
#include "query/groups/group_catalog.h"
#include "query/lang/filter.h"
#include "query/lang/syntax_error.h"
#include "query/service_graphs.h"
#include "query/trace_queries.h"
#include "server/app/access_setup.h"
#include "server/app/api_parts.h"
#include "server/app/engine_factory.h"
#include "server/app/retention_job.h"
#include "server/app/server_metrics.h"
#include "server/app/server_options.h"
#include "server/auth/authenticator.h"
#include "server/http/admin_handlers.h"
#include "server/http/api_routes.h"
#include "server/http/graph_handlers.h"
#include "server/http/http_server.h"
#include "server/http/open_api.h"
#include "server/http/worker_pool.h"
#include "server/http/xray_handlers.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/rpc/grpc_server.h"
#include "server/udp/udp_listener.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kRetentionInterval = absl::Seconds(10);

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

query::GroupCatalogOptions GroupOptions(const Config& config,
                                        const Clock& clock) {
  query::GroupCatalogOptions options;
  options.partition = config.identity_partition;
  options.region = config.identity_region;
  options.account_id = config.identity_account_id;
  options.clock = &clock;
  options.check_filter =
      [](std::string_view text) -> std::optional<std::string> {
    const auto parsed = query::ParseFilter(text);
    const auto* error = std::get_if<query::SyntaxError>(&parsed);
    return error ? std::optional(error->Message()) : std::nullopt;
  };
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
  // Made with the store, but the engine asks them until it is gone.
  std::unique_ptr<query::GroupCatalog> groups;
  std::unique_ptr<query::CatalogGroupTests> group_tests;
  OpenedStore store;
  storage::TraceEngine* engine = nullptr;  // Of `store`.
  std::unique_ptr<IngestPipeline> pipeline;
  std::unique_ptr<query::TraceQueries> queries;
  std::unique_ptr<query::ServiceGraphs> graphs;
  std::unique_ptr<ApiParts> api;
  std::unique_ptr<RetentionJob> retention;
  std::unique_ptr<WorkerPool> readers;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<GrpcServer> grpc;
  std::vector<std::unique_ptr<UdpListener>> udp;

  absl::Status Build(ServerAddresses& addresses);
  absl::Status OpenParts();
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
  RTG_ASSIGN_OR_RETURN(store, OpenStore(config, clock, metrics));
  engine = store.engine.get();
  RTG_ASSIGN_OR_RETURN(
      groups,
      query::GroupCatalog::Open(*store.settings, GroupOptions(config, clock)));
  group_tests = std::make_unique<query::CatalogGroupTests>(*groups);
  engine->SetGroups(*group_tests);
  pipeline = std::make_unique<IngestPipeline>(*engine);
  queries = std::make_unique<query::TraceQueries>(
      *engine, query::SummarySearch::Options{
                   .token_key = kTokenKey,
                   .strict_aws_limits = config.strict_aws_limits,
                   .memory_bytes_max = config.memory_query.bytes,
                   .groups = groups.get(),
                   .clock = &clock});
  graphs = std::make_unique<query::ServiceGraphs>(
      *engine, query::ServiceGraphs::Options{
                   .strict_aws_limits = config.strict_aws_limits,
                   .memory_bytes_max = config.memory_query.bytes,
                   .groups = groups.get(),
                   .clock = &clock});
  RTG_ASSIGN_OR_RETURN(api, ApiParts::Open(config, {.engine = *engine,
                                                    .settings = *store.settings,
                                                    .groups = *groups,
                                                    .queries = *queries,
                                                    .graphs = *graphs,
                                                    .metrics = metrics,
                                                    .clock = clock}));
  retention = std::make_unique<RetentionJob>(*engine, kRetentionInterval);
  readers = std::make_unique<WorkerPool>(WorkerPool::Options{
      .threads = static_cast<int>(config.read_workers),
      .queue_max = static_cast<size_t>(config.read_queue_max)});
  AddProcessMetrics(metrics);
  AddEngineMetrics(metrics, *engine);
  AddIngestMetrics(metrics, *pipeline);
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

absl::Status Server::Parts::StartHttp(std::shared_ptr<MemoryBudget> memory,
                                      ServerAddresses& addresses) {
  auto xray = std::make_shared<HttpRouter>();
  const ApiRouteServices routes{
      .workers = *readers, .clock = clock, .timeout = config.read_timeout};
  AddXrayRoutes(*xray, {.pipeline = *pipeline,
                        .queries = *queries,
                        .routes = routes,
                        .put_timeout = config.put_timeout});
  AddGraphRoutes(*xray, routes, *graphs, api->retrievals());
  AddApiRoutes(*xray, routes, api->functions());
  AddOpenApiRoute(*xray);
  auto admin = std::make_shared<HttpRouter>();
  AddAdminRoutes(*admin, {.metrics = metrics,
                          .readers = *readers,
                          .ready = [this] { return Ready(); }});

  AddOpenApiRoute(*admin);

  std::vector<HttpListener> listeners;
  RTG_ASSIGN_OR_RETURN(const std::vector<ListenAddress> xray_addresses,
                       ParseAddresses(config.xray_http_listen));
  for (const auto& address : xray_addresses) {
    listeners.push_back({.address = address, .router = xray});
  }
  RTG_ASSIGN_OR_RETURN(const std::vector<ListenAddress> admin_addresses,
                       ParseAddresses(config.admin_http_listen));
  for (const auto& address : admin_addresses) {
    listeners.push_back({.address = address, .router = admin});
  }
  HttpServerOptions options = HttpOptions(config);
  options.memory = std::move(memory);
  options.authenticator = &authenticator;
  options.on_exchange = RequestObserver(metrics);
  http = std::make_unique<HttpServer>(std::move(options), clock);
  AddHttpMetrics(metrics, *http);
  RTG_RETURN_IF_ERROR(http->Start(std::move(listeners)));
  const std::vector<ListenAddress> chosen = http->addresses();
  for (size_t i = 0; i < chosen.size(); ++i) {
    auto& group =
        i < xray_addresses.size() ? addresses.xray_http : addresses.admin_http;
    group.push_back(chosen[i].ToString());
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::StartGrpc(std::shared_ptr<MemoryBudget> memory,
                                      ServerAddresses& addresses) {
  if (config.grpc_listen.empty()) return absl::OkStatus();
  GrpcServerOptions options;
  options.listen = config.grpc_listen;
  options.message_bytes_max = config.http_body_bytes_max.bytes;
  options.memory = std::move(memory);
  options.read_queue_max = static_cast<size_t>(config.read_queue_max);
  options.authenticator = &authenticator;
  options.on_call = CallObserver(metrics);
  grpc = std::make_unique<GrpcServer>(
      GrpcBackends{.queries = *queries,
                   .graphs = *graphs,
                   .groups = *groups,
                   .ingest = *pipeline,
                   .functions = api->functions(),
                   .retrievals = api->retrievals()},
      std::move(options));
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
        *pipeline, clock,
        UdpOptions{.address = address,
                   .receive_buffer_bytes = config.udp_receive_buffer.bytes,
                   .unacknowledged_bytes_max =
                       config.udp_unacknowledged_bytes_max.bytes,
                   .put_timeout = config.put_timeout}));
    RTG_RETURN_IF_ERROR(udp.back()->Start());
    addresses.xray_udp.push_back(udp.back()->address().ToString());
  }
  AddUdpMetrics(metrics, udp);
  return absl::OkStatus();
}

absl::Status Server::Parts::Ready() const {
  if (draining.load()) return absl::UnavailableError("draining");
  return engine->Health();
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
  grpc_drain.join();
  if (readers != nullptr) readers->Stop();
  if (retention != nullptr) retention->Stop();
  if (api != nullptr) api->Stop();
  return engine != nullptr ? engine->Close() : absl::OkStatus();
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
  list("admin_http", admin_http);
  json.EndObject();
  return out;
}

}  // namespace roentgen::server
