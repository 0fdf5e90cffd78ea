// The gRPC listener: the services of roentgen.v1, OTLP's TraceService, those of
// Jaeger, health and reflection.
//
//   GrpcServer server(backends, {.listen = {"127.0.0.1:4317"}});
//   RTG_RETURN_IF_ERROR(server.Start());
//   ...
//   server.Drain(clock.Now().ToTime() + absl::Seconds(5));
//
// Threads: Start and Drain from one thread; the rest is thread-safe.
#ifndef ROENTGEN_SERVER_RPC_GRPC_SERVER_H_
#define ROENTGEN_SERVER_RPC_GRPC_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "query/groups/group_catalog.h"
#include "query/maps/service_graphs.h"
#include "query/spans/span_search.h"
#include "query/traces/trace_queries.h"
#include "server/account/trace_retrieval.h"
#include "server/auth/authenticator.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "server/rpc/call_timer.h"
#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

struct GrpcServerOptions {
  // "127.0.0.1:4317", "[::1]:4317"; port 0 lets the system choose.
  std::vector<std::string> listen;
  // Of roentgen.v1, and of OTLP. A message larger than both is refused with
  // RESOURCE_EXHAUSTED before it is read; between the two, puts and X-Ray's
  // operations refuse it once it was. (Other calls have small limits of their
  // own.)
  size_t message_bytes_max = limits::kHttpBodyBytesMax;
  size_t otlp_request_bytes_max = limits::kOtlpRequestBytesMax;
  // Requests and answers being worked on; null: an own budget of
  // limits::kRequestBufferBytes.
  std::shared_ptr<MemoryBudget> memory;
  // Told of every call that ended; may be empty.
  GrpcObserver on_call;
  // Who may call what, but for health and reflection, which are open. Null:
  // everybody may do everything. Outlives the server.
  const Authenticator* authenticator = nullptr;
  // Bytes of one message of a stream of spans; a single larger span goes alone.
  size_t trace_chunk_bytes_max = limits::kTraceChunkBytesMax;
};

// What the calls are served from. All outlive the server.
struct GrpcBackends {
  query::TraceQueries& queries;
  const query::ServiceGraphs& graphs;
  query::GroupCatalog& groups;
  IngestPipeline& ingest;
  SpanPipeline& span_ingest;
  // X-Ray's other operations. What is not in it is UNIMPLEMENTED.
  const ApiFunctions& functions;
  TraceRetrieval& retrievals;
  const query::SpanSearch& spans;
};

class GrpcServer {
 public:
  // Reads run on `reads`, which outlives the server.
  GrpcServer(const GrpcBackends& backends, WorkerPool& reads,
             GrpcServerOptions options);
  ~GrpcServer();  // Drains without patience.
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Listens. Unavailable names the address that could not be bound.
  absl::Status Start();

  // In the order of `listen`, after Start.
  const std::vector<int>& ports() const { return ports_; }

  // What the health service answers; SERVING after Start.
  void SetServing(bool serving);

  // Takes no new calls, reports NOT_SERVING, lets open calls end until
  // `deadline`, then cancels them. Every acknowledgement that is due before
  // is sent. Idempotent.
  void Drain(absl::Time deadline);

 private:
  struct State;

  const GrpcServerOptions options_;
  std::unique_ptr<State> state_;
  std::vector<int> ports_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_GRPC_SERVER_H_
