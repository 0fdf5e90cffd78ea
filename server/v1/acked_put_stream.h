// PutTraceSegmentsAcked: batches in, one acknowledgement each, in the order in
// which they became durable.
//
// Reads go on while earlier batches are on their way to the disk; at most
// kOpenMax batches are unacknowledged, then the stream stops reading, so a
// client that does not read its acknowledgements costs a bounded amount.
//
// Threads: gRPC's, and the engine's commit thread.
#ifndef ROENTGEN_SERVER_V1_ACKED_PUT_STREAM_H_
#define ROENTGEN_SERVER_V1_ACKED_PUT_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>

#include "base/mutex.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

class AckedPutStream : public grpc::ServerBidiReactor<v1::PutTraceSegmentsBatch,
                                                      v1::PutTraceSegmentsAck>,
                       public DrainableStream,
                       public std::enable_shared_from_this<AckedPutStream> {
 public:
  AckedPutStream(const V1Context& context, Space& space,
                 grpc::CallbackServerContext* call)
      : context_(context),
        space_(space),
        call_(call),
        caller_(CallerOfCall(context, *call)),
        timer_(context.writes, call) {}

  // Once, after construction in a shared_ptr: from here the stream owns
  // itself until the call has ended.
  void Start();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;
  void BeginDrain() override;

 private:
  static constexpr size_t kOpenMax = 64;

  // An acknowledgement, and the room that it takes until it is sent.
  struct Ack {
    v1::PutTraceSegmentsAck message;
    MemoryLease lease;
  };

  // Hands the batch that was read to the pipeline.
  void Put();
  void OnStored(uint64_t batch_id, MemoryLease lease,
                absl::StatusOr<PutOutcome> outcome);
  // Starts what it is time for: a write, a read, or the end.
  void Advance();

  const V1Context& context_;
  Space& space_;
  grpc::CallbackServerContext* const call_;
  const CallerId caller_;
  WriteTimer timer_;                 // Of the write under way, then of the end.
  v1::PutTraceSegmentsBatch batch_;  // Owned by the read under way.
  std::shared_ptr<AckedPutStream> self_;  // Until OnDone.
  Mutex mu_;
  // The front is being written while writing_.
  std::deque<Ack> acks_ RTG_GUARDED_BY(mu_);
  size_t pending_ RTG_GUARDED_BY(mu_) = 0;  // Handed to the pipeline.
  bool reading_ RTG_GUARDED_BY(mu_) = true;
  bool writing_ RTG_GUARDED_BY(mu_) = false;
  bool reads_done_ RTG_GUARDED_BY(mu_) = false;
  bool broken_ RTG_GUARDED_BY(mu_) = false;  // Nobody reads any more.
  bool draining_ RTG_GUARDED_BY(mu_) = false;
  bool finished_ RTG_GUARDED_BY(mu_) = false;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_ACKED_PUT_STREAM_H_
