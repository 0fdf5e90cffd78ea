// A gRPC server with all of X-Ray's operations, over the in-memory engine,
// through real sockets.
#ifndef ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_
#define ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/worker_pool.h"
#include "query/groups/group_catalog.h"
#include "query/maps/service_graphs.h"
#include "query/spans/span_search.h"
#include "query/traces/trace_queries.h"
#include "server/app/api_parts.h"
#include "server/config/config.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "server/rpc/grpc_server.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {

class ApiFixture : public testing::Test {
 protected:
  // Starts a server. `authenticator` outlives it.
  void Start(const Authenticator* authenticator = nullptr) {
    GrpcServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.authenticator = authenticator;
    options.trace_chunk_bytes_max = trace_chunk_bytes_max_;
    server_ = std::make_unique<GrpcServer>(
        GrpcBackends{.queries = queries_,
                     .graphs = graphs_,
                     .groups = *groups_,
                     .ingest = ingest_,
                     .span_ingest = span_ingest_,
                     .functions = parts_->functions(),
                     .retrievals = parts_->retrievals(),
                     .spans = spans_},
        workers_, std::move(options));
    ASSERT_TRUE(server_->Start().ok());
    channel_ = grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(server_->ports().at(0)),
        grpc::InsecureChannelCredentials());
  }

  size_t trace_chunk_bytes_max_ = limits::kTraceChunkBytesMax;
  storage::MemorySettings settings_;
  storage::MemoryEngine engine_{SystemClock(), absl::Hours(720)};
  std::unique_ptr<query::GroupCatalog> groups_ = *query::GroupCatalog::Open(
      settings_, {.check_filter = {}, .random = [] { return uint64_t{0}; }});
  query::TraceQueries queries_{engine_, {}};
  query::ServiceGraphs graphs_{engine_, {.groups = groups_.get()}};
  query::SpanSearch spans_{engine_, SystemClock()};
  IngestPipeline ingest_{engine_};
  SpanPipeline span_ingest_{engine_, SystemClock(), {}};
  Metrics metrics_;
  std::unique_ptr<ApiParts> parts_ =
      *ApiParts::Open(Config(), {.engine = engine_,
                                 .settings = settings_,
                                 .groups = *groups_,
                                 .queries = queries_,
                                 .graphs = graphs_,
                                 .metrics = metrics_,
                                 .clock = SystemClock()});
  WorkerPool workers_{WorkerPool::Options()};
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_
