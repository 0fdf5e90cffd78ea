// What every call of the gRPC server works with.
#ifndef ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
#define ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_

#include <grpcpp/server_context.h>

#include <cstddef>
#include <memory>

#include "absl/time/time.h"
#include "base/call_control.h"
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
#include "server/rpc/stream_registry.h"
#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

// Everything in it outlives every call.
struct CallContext {
  query::TraceQueries& queries;
  const query::ServiceGraphs& graphs;
  query::GroupCatalog& groups;
  IngestPipeline& ingest;
  const ApiFunctions& functions;
  TraceRetrieval& retrievals;
  const query::SpanSearch& spans;
  const Authenticator* authenticator;  // Null: everybody may do everything.
  PoolShare& reads;
  StreamRegistry& streams;
  // Requests and answers that are being worked on.
  std::shared_ptr<MemoryBudget> memory;
  // Of roentgen.v1; see message_size.h.
  size_t message_bytes_max;
  // Live tails that are open.
  std::shared_ptr<std::atomic<size_t>> tails =
      std::make_shared<std::atomic<size_t>>(0);
  // Bytes of one streamed message of spans.
  size_t trace_chunk_bytes_max = limits::kTraceChunkBytesMax;
};

inline absl::Time DeadlineOf(const grpc::CallbackServerContext& call) {
  const std::chrono::system_clock::time_point deadline = call.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(deadline);
}

// Ends with the call's deadline, or when its client goes. Valid as long as
// the call.
inline CallControl ControlOf(const grpc::CallbackServerContext& call) {
  return {DeadlineOf(call), [&call] { return call.IsCancelled(); }};
}

inline absl::Status TooManyBytesInFlight(const CallContext& context) {
  return absl::ResourceExhaustedError(
      "requests and answers in flight use all of their " +
      std::to_string(context.memory->bytes_max()) + " bytes");
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_CONTEXT_H_
