#include "server/app/server.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "base/ip_network.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/periodic_job.h"
#include "base/status_macros.h"
#include "base/worker_pool.h"
#include "server/app/access_setup.h"
#include "server/app/encryption_setup.h"
#include "server/app/engine_factory.h"
#include "server/app/entrance_setup.h"
#include "server/app/grpc_apis.h"
#include "server/app/http_apis.h"
#include "server/app/server_metrics.h"
#include "server/app/server_options.h"
#include "server/audit/audit_log.h"
#include "server/config/listener.h"
#include "server/config/listeners_of.h"
#include "server/config/redaction_file.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "server/ingest/span_pipeline.h"
#include "server/rpc/grpc_front.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space.h"
#include "server/space/space_set.h"
#include "server/udp/udp_listener.h"

namespace roentgen::server {
namespace {

constexpr size_t kSmallCallThreads = 2;
constexpr size_t kScrapeThreads = 1;
// How often files of certificates and keys are looked at.
constexpr absl::Duration kReloadInterval = absl::Seconds(5);

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

GrpcFrontOptions FrontOptions(const Config& config) {
  GrpcFrontOptions options;
  options.connections_max = static_cast<size_t>(config.grpc_connections_max);
  options.write_timeout = absl::ToChronoNanoseconds(config.http_write_timeout);
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
  std::vector<Listener> listeners;
  Authenticators authenticators;
  std::shared_ptr<Entrances> entrances;
  std::atomic<bool> draining{false};
  std::unique_ptr<AuditLog> audit;              // Null: nobody wants to know.
  std::unique_ptr<EncryptionSetup> encryption;  // Null: there is none.
  std::unique_ptr<Space> space;
  SpaceSet spaces;
  std::unique_ptr<WorkerPool> readers;
  WorkerPool small_calls{{.threads = kSmallCallThreads}};
  WorkerPool scrapes{{.threads = kScrapeThreads}};
  std::shared_ptr<MemoryBudget> memory;
  std::shared_ptr<MemoryBudget> answers;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<GrpcFront> grpc_front;
  std::vector<std::unique_ptr<GrpcServer>> grpc;
  std::vector<std::unique_ptr<UdpListener>> udp;
  ServerAddresses addresses;
  std::vector<ServerRoute> routes;
  std::optional<PeriodicJob> reloads;

  absl::Status Build();
  absl::Status OpenParts();
  Space& SpaceOf(const Listener& listener) const;
  HttpApiParts HttpPartsOf(const Listener& listener);
  absl::Status StartHttp();
  void NoteRoutes(const Listener& listener, const HttpRouter& router);
  absl::Status StartGrpc();
  absl::Status StartUdp();
  absl::Status Ready() const;
  absl::Status Shutdown();
};

absl::Status Server::Parts::OpenParts() {
  RTG_RETURN_IF_ERROR(CheckConfig(config, clock.Now().ToTime()));
  RTG_ASSIGN_OR_RETURN(listeners, ListenersOf(config));
  RTG_ASSIGN_OR_RETURN(authenticators, Authenticators::Make(listeners));
  RTG_ASSIGN_OR_RETURN(entrances,
                       Entrances::Make(listeners, clock.Now().ToTime()));
  if (config.store != "memory") {
    RTG_ASSIGN_OR_RETURN(encryption, EncryptionSetup::Make(config));
  }
  SpaceOptions space_options = SpaceOptionsOf(config, clock);
  RTG_ASSIGN_OR_RETURN(space_options.spans.redaction,
                       LoadRedactionFile(config.redaction_file));
  std::shared_ptr<storage::MasterKeys> keys;
  if (encryption != nullptr) {
    keys = encryption->keys();
    space_options.master_key = [keys] { return keys->Get()->current().id(); };
  }
  RTG_ASSIGN_OR_RETURN(SpaceStore store,
                       OpenStore(config, clock, metrics, std::move(keys)));
  RTG_ASSIGN_OR_RETURN(space,
                       Space::Open(std::move(store), std::move(space_options)));
  if (encryption != nullptr) encryption->Look();
  spaces.Add(std::string(kDefaultSpace), *space);
  readers = std::make_unique<WorkerPool>(WorkerPool::Options{
      .threads = static_cast<size_t>(config.read_workers),
      .queue_max = static_cast<size_t>(config.read_queue_max)});
  AddProcessMetrics(metrics);
  entrances->AddMetrics(metrics);
  if (!config.audit_file.empty()) {
    RTG_ASSIGN_OR_RETURN(
        audit, AuditLog::Open(
                   {.file = config.audit_file,
                    .file_bytes_max = config.audit_file_bytes_max.bytes,
                    .files_max = static_cast<size_t>(config.audit_files_max)},
                   clock));
    AddAuditMetrics(metrics, *audit);
  }
  AddEngineMetrics(metrics, space->engine());
  AddBackupMetrics(metrics, space->engine());
  AddIngestMetrics(metrics, space->documents());
  AddSpanMetrics(metrics, space->span_exports());
  AddTelemetryMetrics(metrics, space->telemetry());
  AddInsightMetrics(metrics, space->notifier());
  return absl::OkStatus();
}

absl::Status Server::Parts::Build() {
  RTG_RETURN_IF_ERROR(OpenParts());
  if (!config.listeners) {
    for (const std::string_view name : ShortListenerNames()) {
      addresses.AddName(name);
    }
  }
  for (const Listener& listener : listeners) addresses.AddName(listener.name);
  memory = std::make_shared<MemoryBudget>(config.memory_request_buffers.bytes);
  answers = std::make_shared<MemoryBudget>(config.memory_answers.bytes);
  RTG_RETURN_IF_ERROR(StartUdp());
  RTG_RETURN_IF_ERROR(StartGrpc());
  RTG_RETURN_IF_ERROR(StartHttp());
  reloads.emplace([this](const std::stop_token&) {
    entrances->ReloadChanged(clock.Now().ToTime());
    authenticators.ReloadChanged();
    return kReloadInterval;
  });
  if (config.ports_file.empty()) return absl::OkStatus();
  return WritePortsFile(config.ports_file, addresses);
}

// CheckListeners has seen to it that there is one.
Space& Server::Parts::SpaceOf(const Listener& listener) const {
  return *spaces.Find(listener.space);
}

HttpApiParts Server::Parts::HttpPartsOf(const Listener& listener) {
  return {.services = {.spaces = ListenerSpaces(SpaceOf(listener)),
                       .workers = *readers,
                       .small_calls = &small_calls,
                       .calls = SpaceOf(listener).call_limits(),
                       .put_timeout = config.put_timeout,
                       .read_timeout = config.read_timeout},
          .admin = {.metrics = metrics,
                    .scrapes = scrapes,
                    .ready = [this] { return Ready(); }},
          .otlp_request_limit = OtlpRequestLimit(config)};
}

absl::Status Server::Parts::StartHttp() {
  std::vector<HttpListener> wanted;
  std::vector<const Listener*> of_http;
  for (const Listener& listener : listeners) {
    if (listener.protocol != Protocol::kHttp) continue;
    auto router = RoutesOf(listener.apis, HttpPartsOf(listener));
    NoteRoutes(listener, *router);
    wanted.push_back({.address = listener.address,
                      .router = std::move(router),
                      .authenticator = &authenticators.Of(listener),
                      .entrance = entrances->Of(listener),
                      .audit = audit.get(),
                      .space = listener.space,
                      .has_reserve = Serves(listener, Api::kAdmin)});
    of_http.push_back(&listener);
  }
  HttpServerOptions options = HttpOptions(config);
  options.memory = memory;
  options.answers = answers;
  RTG_ASSIGN_OR_RETURN(options.cors, MakeCorsPolicy(config));
  RTG_ASSIGN_OR_RETURN(options.guard,
                       BrowserGuard::Make(config.http_allowed_hosts));
  options.on_exchange = RequestObserver(metrics);
  http = std::make_unique<HttpServer>(std::move(options), clock);
  AddHttpMetrics(metrics, *http);
  RTG_RETURN_IF_ERROR(http->Start(std::move(wanted)));
  for (size_t i = 0; i < of_http.size(); ++i) {
    const std::string address = http->addresses()[i].ToString();
    addresses.Add(of_http[i]->name, address);
    if (Serves(*of_http[i], Api::kPurge)) {
      LogWarn("whoever posts to /purge here deletes every trace",
              {{"address", address}});
    }
  }
  return absl::OkStatus();
}

void Server::Parts::NoteRoutes(const Listener& listener,
                               const HttpRouter& router) {
  // Several addresses may have one name.
  const bool are_noted =
      std::any_of(routes.begin(), routes.end(), [&](const ServerRoute& route) {
        return route.listener == listener.name;
      });
  if (are_noted) return;
  for (const HttpRoute* route : router.routes()) {
    routes.push_back({.listener = listener.name,
                      .method = route->method,
                      .path = route->path,
                      .access = route->access});
  }
}

// Listeners that differ in their address alone share a server: what one costs
// is the same for each.
absl::Status Server::Parts::StartGrpc() {
  std::vector<const Listener*> left;
  for (const Listener& listener : listeners) {
    if (listener.protocol == Protocol::kGrpc) left.push_back(&listener);
  }
  const GrpcObserver observer = CallObserver(metrics);
  const auto tails = std::make_shared<std::atomic<size_t>>(0);
  if (!left.empty()) {
    grpc_front = std::make_unique<GrpcFront>(FrontOptions(config));
    AddGrpcMetrics(metrics, *grpc_front, grpc);
  }
  while (!left.empty()) {
    const Listener& first = *left.front();
    const auto others = std::stable_partition(
        left.begin(), left.end(), [&first](const Listener* listener) {
          return listener->apis == first.apis && listener->auth == first.auth &&
                 listener->space == first.space &&
                 HaveOneEntrance(*listener, first);
        });
    GrpcServerOptions options;
    for (auto same = left.begin(); same != others; ++same) {
      options.listen.push_back((*same)->address);
    }
    options.memory = memory;
    options.answers = answers;
    options.read_timeout = config.read_timeout;
    options.put_timeout = config.put_timeout;
    options.write_timeout = config.http_write_timeout;
    options.authenticator = &authenticators.Of(first);
    options.entrance = entrances->Of(first);
    options.audit = audit.get();
    options.space = first.space;
    options.front = grpc_front.get();
    options.on_call = observer;
    grpc.push_back(std::make_unique<GrpcServer>(*readers, small_calls,
                                                SpaceOf(first).call_limits(),
                                                std::move(options)));
    AddServices(*grpc.back(), first.apis,
                {.spaces = ListenerSpaces(SpaceOf(first)),
                 .message_bytes_max = config.http_body_bytes_max.bytes,
                 .otlp_request_bytes_max = OtlpRequestLimit(config).bytes,
                 .tails = tails});
    RTG_RETURN_IF_ERROR(grpc.back()->Start());
    const std::vector<ListenAddress>& chosen = grpc.back()->addresses();
    for (size_t i = 0; i < chosen.size(); ++i) {
      addresses.Add(left[i]->name, chosen[i].ToString());
    }
    left.erase(left.begin(), others);
  }
  return absl::OkStatus();
}

absl::Status Server::Parts::StartUdp() {
  for (const Listener& listener : listeners) {
    if (listener.protocol != Protocol::kUdp) continue;
    udp.push_back(std::make_unique<UdpListener>(
        SpaceOf(listener),
        UdpOptions{.address = listener.address,
                   .clients = listener.network.clients.value_or(
                       std::vector<IpNetwork>()),
                   .receive_buffer_bytes = config.udp_receive_buffer.bytes,
                   .unacknowledged_bytes_max =
                       config.udp_unacknowledged_bytes_max.bytes,
                   .put_timeout = config.put_timeout,
                   .keep_unsampled_spans = config.udp_keep_unsampled_spans}));
    RTG_RETURN_IF_ERROR(udp.back()->Start());
    addresses.Add(listener.name, udp.back()->address().ToString());
  }
  AddUdpMetrics(metrics, udp);
  return absl::OkStatus();
}

absl::Status Server::Parts::Ready() const {
  if (draining.load()) return absl::UnavailableError("draining");
  RTG_RETURN_IF_ERROR(space->engine().Accepts());
  return space->engine().Exact();
}

absl::Status Server::Parts::Shutdown() {
  draining = true;
  reloads.reset();
  const absl::Time deadline = clock.Now().ToTime() + config.shutdown_grace;
  // Side by side: an open stream on one must not keep the others accepting.
  std::vector<std::thread> grpc_drains;
  for (const auto& server : grpc) {
    grpc_drains.emplace_back([&server, deadline] { server->Drain(deadline); });
  }
  for (const auto& listener : udp) listener->Stop();
  if (http != nullptr) http->Drain(config.shutdown_grace);
  // Nobody reads their answers any more, and gRPC's calls wait behind them.
  if (readers != nullptr) readers->DropWaiting();
  small_calls.DropWaiting();
  for (std::thread& drain : grpc_drains) drain.join();
  if (grpc_front != nullptr) grpc_front->Stop();
  if (readers != nullptr) readers->Stop();
  small_calls.Stop();
  scrapes.Stop();
  if (encryption != nullptr) encryption->StopLooking();
  return space != nullptr ? space->Stop() : absl::OkStatus();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Shutdown().IgnoreError(); }  // Who cares calls Shutdown.

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config,
                                                      const Clock& clock) {
  std::unique_ptr<Server> server(
      new Server(std::make_unique<Parts>(config, clock)));
  RTG_RETURN_IF_ERROR(server->parts_->Build());
  server->addresses_ = server->parts_->addresses;
  return server;
}

std::vector<ServerRoute> Server::routes() const {
  return parts_ != nullptr ? parts_->routes : std::vector<ServerRoute>();
}

bool Server::is_encrypted() const {
  return parts_ != nullptr && parts_->encryption != nullptr;
}

absl::Status Server::ReadKeysAgain() {
  return is_encrypted() ? parts_->encryption->ReadAgain() : absl::OkStatus();
}

void Server::Reload() {
  if (parts_ == nullptr) return;
  parts_->entrances->Reload(parts_->clock.Now().ToTime());
  parts_->authenticators.Reload();
  ReadKeysAgain().IgnoreError();  // The log says it.
}

absl::Status Server::Shutdown() {
  if (parts_ == nullptr) return absl::OkStatus();
  const absl::Status status = parts_->Shutdown();
  parts_.reset();
  return status;
}

}  // namespace roentgen::server
