// TailTraceSummaries: matches pushed to the client as they arrive.
//
// Threads: gRPC, the committing thread and the read pool call in; the stream
// guards itself.
#ifndef ROENTGEN_SERVER_V1_TAIL_STREAM_H_
#define ROENTGEN_SERVER_V1_TAIL_STREAM_H_

#include <memory>
#include <optional>
#include <stop_token>

#include "base/mutex.h"
#include "grpcpp/grpcpp.h"
#include "query/search/live_tail.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/rpc/stream_registry.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

class TailStream
    : public grpc::ServerWriteReactor<v1::TailTraceSummariesResponse>,
      public DrainableStream,
      public std::enable_shared_from_this<TailStream> {
 public:
  // One of `context.tails` is this stream's.
  TailStream(const V1Context& context, Space& space,
             grpc::CallbackServerContext* call)
      : context_(context),
        space_(space),
        caller_(CallerOfCall(context, *call)),
        timer_(context.writes, call) {}
  ~TailStream() override { --*context_.tails; }

  // Once, after construction in a shared_ptr: from here the stream owns itself
  // until the call has ended.
  void Start(std::optional<query::CompiledFilter> filter);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void BeginDrain() override;

 private:
  enum class State {
    kIdle,     // Nothing to look at.
    kBusy,     // A step runs or waits on the pool, or a write is under way.
    kFinished  // Finish was called.
  };

  // There is something to look at.
  void OnWake();
  // On the pool: looks at what changed, and writes or becomes idle.
  void Step();
  // Ends the call if it is time and nothing is under way. True: it did.
  bool FinishIfAsked();
  void Continue();

  const V1Context& context_;
  Space& space_;
  const CallerId caller_;
  WriteTimer timer_;                        // Of whoever keeps it busy.
  std::shared_ptr<TailStream> self_;        // Until OnDone.
  v1::TailTraceSummariesResponse message_;  // Owned by the write under way.
  std::stop_source cancelled_;
  Mutex mu_;
  State state_ RTG_GUARDED_BY(mu_) = State::kBusy;
  bool woken_ RTG_GUARDED_BY(mu_) = false;  // While busy.
  std::optional<grpc::Status> end_ RTG_GUARDED_BY(mu_);
  std::unique_ptr<query::LiveTail> tail_;
};

// Starts a tail, which owns itself, or refuses it.
grpc::ServerWriteReactor<v1::TailTraceSummariesResponse>* StartTail(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::TailTraceSummariesRequest* request);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_TAIL_STREAM_H_
