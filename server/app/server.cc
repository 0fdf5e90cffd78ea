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
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/periodic_job.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "query/groups/group_catalog.h"
#include "query/lang/filter.h"
#include "query/lang/syntax_error.h"
#include "query/maps/service_graphs.h"
#include "query/search/group_tests.h"
#include "query/spans/span_search.h"
#include "query/traces/trace_queries.h"
#include "server/admin/admin_handlers.h"
#include "server/admin/purge_handler.h"
#include "server/app/access_setup.h"
#include "server/app/api_parts.h"
#include "server/app/engine_factory.h"
#include "server/app/server_metrics.h"
#include "server/app/server_options.h"
#include "server/auth/authenticator.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "server/jaeger/jaeger_handlers.h"
#include "server/otlp/otlp_handlers.h"
#include "server/rpc/grpc_server.h"
#include "server/udp/udp_listener.h"
#include "server/xray/api_routes.h"
#include "server/xray/graph_handlers.h"
#include "server/xray/open_api.h"
#include "server/xray/xray_handlers.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_handlers.h"

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
  std::unique_ptr<SpanPipeline> span_pipeline;
  std::unique_ptr<query::TraceQueries> queries;
  std::unique_ptr<query::ServiceGraphs> graphs;
  std::unique_ptr<query::SpanSearch> spans;
  std::unique_ptr<ZipkinApi> zipkin;
  std::unique_ptr<ApiParts> api;
  std::unique_ptr<PeriodicJob> retention;
  std::unique_ptr<WorkerPool> readers;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<GrpcServer> grpc;
  std::vector<std::unique_ptr<UdpListener>> udp;
  std::vector<ServerRoute> all_routes;

  absl::Status Build(ServerAddresses& addresses);
  absl::Status OpenParts();
  std::shared_ptr<const HttpRouter> XrayRoutes();
  OtlpServices OtlpParts();
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
  RTG_ASSIGN_OR_RETURN(store, OpenStore(config, clock, metrics));
  engine = store.engine.get();
  RTG_ASSIGN_OR_RETURN(
      groups,
      query::GroupCatalog::Open(*store.settings, GroupOptions(config, clock)));
  group_tests = std::make_unique<query::CatalogGroupTests>(*groups);
  engine->SetGroups(*group_tests);
  pipeline = std::make_unique<IngestPipeline>(*engine);
  span_pipeline =
      std::make_unique<SpanPipeline>(*engine, clock, SpanOptions(config));
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
  spans = std::make_unique<query::SpanSearch>(*engine, clock,
                                              config.memory_query.bytes);
  zipkin = std::make_unique<ZipkinApi>(*spans, clock,
                                       config.otlp_unknown_service_name);
  RTG_ASSIGN_OR_RETURN(api, ApiParts::Open(config, {.engine = *engine,
                                                    .settings = *store.settings,
                                                    .groups = *groups,
                                                    .queries = *queries,
                                                    .graphs = *graphs,
                                                    .metrics = metrics,
                                                    .clock = clock}));
  retention = std::make_unique<PeriodicJob>(
      [this](const CallControl&) {
        const absl::Status status = engine->Retain();
        if (!status.ok()) {
          LogError("retention failed", {{"status", status.ToString()}});
        }
        return kRetentionInterval;
      },
      kRetentionInterval);
  readers = std::make_unique<WorkerPool>(WorkerPool::Options{
      .threads = static_cast<size_t>(config.read_workers),
      .queue_max = static_cast<size_t>(config.read_queue_max)});
  AddProcessMetrics(metrics);
  AddEngineMetrics(metrics, *engine);
  AddIngestMetrics(metrics, *pipeline);
  AddSpanMetrics(metrics, *span_pipeline);
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

OtlpServices Server::Parts::OtlpParts() {
  return {.pipeline = *span_pipeline,
          .clock = clock,
          .request_limit = OtlpRequestLimit(config),
          .put_timeout = config.put_timeout};
}

std::shared_ptr<const HttpRouter> Server::Parts::XrayRoutes() {
  auto router = std::make_shared<HttpRouter>();
  const ApiRouteServices routes{
      .workers = *readers, .clock = clock, .timeout = config.read_timeout};
  AddXrayRoutes(*router, {.pipeline = *pipeline,
                          .queries = *queries,
                          .routes = routes,
                          .put_timeout = config.put_timeout});
  AddGraphRoutes(*router, routes, *graphs, api->retrievals());
  AddApiRoutes(*router, routes, api->functions());
  AddOtlpRoutes(*router, OtlpParts());
  AddOpenApiRoute(*router);
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::OtlpRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddOtlpRoutes(*router, OtlpParts());
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::AdminRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddAdminRoutes(*router, {.metrics = metrics,
                           .readers = *readers,
                           .ready = [this] { return Ready(); }});
  AddOpenApiRoute(*router);
  AddJaegerRoutes(*router, {.spans = *spans,
                            .workers = *readers,
                            .clock = clock,
                            .timeout = config.read_timeout});
  return router;
}

std::shared_ptr<const HttpRouter> Server::Parts::ZipkinRoutes() {
  auto router = std::make_shared<HttpRouter>();
  AddZipkinRoutes(*router, {.pipeline = *span_pipeline,
                            .api = *zipkin,
                            .workers = *readers,
                            .clock = clock,
                            .put_timeout = config.put_timeout,
                            .read_timeout = config.read_timeout});
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
  AddPurgeRoute(*purge, *engine, *readers);
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
      listeners.push_back({.address = address, .router = group.router});
      chosen.push_back(&group.chosen);
    }
  }
  HttpServerOptions options = HttpOptions(config);
  options.memory = std::move(memory);
  options.authenticator = &authenticator;
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
  options.message_bytes_max = config.http_body_bytes_max.bytes;
  options.otlp_request_bytes_max = OtlpRequestLimit(config).bytes;
  options.memory = std::move(memory);
  options.authenticator = &authenticator;
  options.on_call = CallObserver(metrics);
  grpc =
      std::make_unique<GrpcServer>(GrpcBackends{.queries = *queries,
                                                .graphs = *graphs,
                                                .groups = *groups,
                                                .ingest = *pipeline,
                                                .span_ingest = *span_pipeline,
                                                .functions = api->functions(),
                                                .retrievals = api->retrievals(),
                                                .spans = *spans},
                                   *readers, std::move(options));
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
        *pipeline, *span_pipeline, clock,
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
