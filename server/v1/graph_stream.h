// StreamServiceGraph: progress while traces are examined, then the graph.
//
// Threads: gRPC and the read pool call in; the stream guards itself.
#ifndef ROENTGEN_SERVER_V1_GRAPH_STREAM_H_
#define ROENTGEN_SERVER_V1_GRAPH_STREAM_H_

#include <memory>
#include <optional>
#include <stop_token>

#include "base/memory_budget.h"
#include "base/mutex.h"
#include "grpcpp/grpcpp.h"
#include "query/maps/service_graphs.h"
#include "roentgen/v1/graph_service.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

// Starts a stream, which owns itself, or refuses it.
grpc::ServerWriteReactor<v1::StreamServiceGraphResponse>* StartGraphStream(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetServiceGraphRequest* request);

class GraphStream
    : public grpc::ServerWriteReactor<v1::StreamServiceGraphResponse>,
      public std::enable_shared_from_this<GraphStream> {
 public:
  GraphStream(const V1Context& context, Space& space,
              grpc::CallbackServerContext* call,
              query::ServiceGraphRequest request, bool histograms)
      : context_(context),
        space_(space),
        call_(call),
        request_(std::move(request)),
        histograms_(histograms),
        lease_(context.answers, CallerOfCall(context, *call)),
        timer_(context.writes, call) {}

  // Once, after construction in a shared_ptr: from here the stream owns itself
  // until the call has ended.
  void Start();

  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_.request_stop(); }
  void OnDone() override;

 private:
  // On the pool.
  void Run();
  absl::StatusOr<v1::GetServiceGraphResponse> Compute();
  // The client is told as often as it listens.
  void Report(const query::GraphProgress& progress);
  // Writes what waits, or ends the call. Nothing is under way.
  void Continue() RTG_REQUIRES(mu_);

  const V1Context& context_;
  Space& space_;
  grpc::CallbackServerContext* const call_;
  std::stop_source cancelled_;
  const query::ServiceGraphRequest request_;
  const bool histograms_;
  MemoryLease lease_;                  // Until the answer is sent.
  std::shared_ptr<GraphStream> self_;  // Until OnDone.
  Mutex mu_;
  bool writing_ RTG_GUARDED_BY(mu_) = false;
  // The latest progress, or the answer, that no write has taken.
  std::optional<v1::StreamServiceGraphResponse> next_ RTG_GUARDED_BY(mu_);
  std::optional<grpc::Status> end_ RTG_GUARDED_BY(mu_);
  v1::StreamServiceGraphResponse message_;  // Owned by the write under way.
  WriteTimer timer_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GRAPH_STREAM_H_
