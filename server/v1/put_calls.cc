#include "server/v1/put_calls.h"

#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/write_watch.h"
#include "server/v1/acked_put_stream.h"
#include "server/v1/proto_convert.h"
#include "server/v1/put_documents.h"

namespace roentgen::server {
namespace {

class PutCall : public grpc::ServerUnaryReactor {
 public:
  PutCall(const V1Context& context, Space& space,
          grpc::CallbackServerContext* call,
          const v1::PutTraceSegmentsRequest& request,
          v1::PutTraceSegmentsResponse& response)
      : lease_(context.answers, CallerOfCall(context, *call)),
        answering_(context.writes, call) {
    // Before anything is stored: an answer must be possible.
    const auto& documents = request.trace_segment_documents();
    if (!lease_.GrowTo(RefusalBytes(documents.size()))) {
      End(TooManyAnswerBytes(context));
      return;
    }
    PutDocuments(
        context, space, documents,
        {.deadline = PutDeadline(context, *call), .caller = lease_.caller()},
        [this, &response](absl::StatusOr<PutOutcome> outcome) {
          if (outcome.ok()) List(*outcome, response);
          End(outcome.status());
        });
  }
  void OnDone() override { delete this; }  // NOLINT: owns itself.

 private:
  void List(const PutOutcome& outcome, v1::PutTraceSegmentsResponse& response) {
    for (const UnprocessedSegment& u : outcome.unprocessed) {
      ToProto(u, response.add_unprocessed_trace_segments());
    }
    lease_.ShrinkTo(RefusalBytes(response.unprocessed_trace_segments_size()));
  }
  void End(const absl::Status& status) {
    answering_.Begin();
    Finish(ToGrpcStatus(status));
  }

  MemoryLease lease_;  // Until the answer is sent.
  WriteTimer answering_;
};

// Reads batches, keeps a few of them on their way to the disk, answers once.
class PutStream : public grpc::ServerReadReactor<v1::PutTraceSegmentsRequest>,
                  public DrainableStream,
                  public std::enable_shared_from_this<PutStream> {
 public:
  PutStream(const V1Context& context, Space& space,
            grpc::CallbackServerContext* call,
            v1::StreamTraceSegmentsResponse& response)
      : context_(context),
        space_(space),
        call_(call),
        response_(response),
        caller_(CallerOfCall(context, *call)),
        lease_(context.answers, caller_),
        answering_(context.writes, call) {}

  void Start() {
    self_ = shared_from_this();
    context_.streams.Add(self_);
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    bool put = false;
    {
      MutexLock lock(mu_);
      put = ok && status_.ok() && !finished_;
      if (put) {
        ++pending_;
      } else {
        reads_done_ = true;
      }
    }
    if (put) {
      PutDocuments(
          context_, space_, request_.trace_segment_documents(),
          {.deadline = PutDeadline(context_, *call_), .caller = caller_},
          [self = self_](absl::StatusOr<PutOutcome> outcome) {
            self->OnStored(std::move(outcome));
          });
      MutexLock lock(mu_);
      may_read_ = true;
    }
    Advance();
  }

  void BeginDrain() override {
    {
      MutexLock lock(mu_);
      if (status_.ok()) {
        status_ = absl::UnavailableError("the server is shutting down");
      }
      draining_ = true;
    }
    Advance();
  }

  void OnDone() override {
    answering_.End();
    context_.streams.Remove(this);
    self_.reset();
  }

 private:
  // Batches on their way to the disk.
  static constexpr size_t kPendingMax = 16;
  void OnStored(absl::StatusOr<PutOutcome> outcome) {
    {
      MutexLock lock(mu_);
      --pending_;
      if (!outcome.ok()) {
        if (status_.ok()) status_ = outcome.status();
      } else {
        Count(*outcome);
      }
    }
    Advance();
  }

  void Count(const PutOutcome& outcome) RTG_REQUIRES(mu_) {
    response_.set_accepted_count(response_.accepted_count() +
                                 static_cast<int64_t>(outcome.accepted));
    response_.set_unprocessed_count(
        response_.unprocessed_count() +
        static_cast<int64_t>(outcome.unprocessed.size()));
    for (const UnprocessedSegment& u : outcome.unprocessed) {
      const int listed = response_.unprocessed_trace_segments_size();
      if (listed >= limits::kRefusedDocumentsListedMax ||
          !lease_.GrowTo(RefusalBytes(listed + 1))) {
        return;
      }
      ToProto(u, response_.add_unprocessed_trace_segments());
    }
  }

  // Reads on or ends the call, whichever it is time for.
  void Advance() {
    enum { kNothing, kRead, kFinish } next = kNothing;
    grpc::Status status;
    {
      MutexLock lock(mu_);
      if (finished_) return;
      const bool no_more = reads_done_ || draining_ || !status_.ok();
      // A failed stream ends at once only when no read is under way, or when
      // the server leaves.
      if (no_more && pending_ == 0 && (reads_done_ || may_read_ || draining_)) {
        finished_ = true;
        status = ToGrpcStatus(status_);
        next = kFinish;
      } else if (!no_more && may_read_ && pending_ < kPendingMax) {
        may_read_ = false;
        next = kRead;
      }
    }
    if (next == kRead) StartRead(&request_);
    if (next == kFinish) {
      answering_.Begin();
      Finish(status);
    }
  }

  const V1Context& context_;
  Space& space_;
  grpc::CallbackServerContext* const call_;
  v1::StreamTraceSegmentsResponse& response_;
  const CallerId caller_;
  v1::PutTraceSegmentsRequest request_;  // Owned by the read under way.
  std::shared_ptr<PutStream> self_;      // Until OnDone.
  Mutex mu_;
  absl::Status status_ RTG_GUARDED_BY(mu_);
  size_t pending_ RTG_GUARDED_BY(mu_) = 0;
  bool may_read_ RTG_GUARDED_BY(mu_) = false;  // No read is under way.
  bool reads_done_ RTG_GUARDED_BY(mu_) = false;
  bool draining_ RTG_GUARDED_BY(mu_) = false;
  bool finished_ RTG_GUARDED_BY(mu_) = false;
  MemoryLease lease_ RTG_GUARDED_BY(mu_);  // Of what the answer lists.
  WriteTimer answering_;
};

}  // namespace

grpc::ServerUnaryReactor* StartPut(const V1Context& context, Space& space,
                                   grpc::CallbackServerContext* call,
                                   const v1::PutTraceSegmentsRequest* request,
                                   v1::PutTraceSegmentsResponse* response) {
  return new PutCall(context, space, call, *request, *response);  // NOLINT
}

grpc::ServerReadReactor<v1::PutTraceSegmentsRequest>* StartPutStream(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    v1::StreamTraceSegmentsResponse* response) {
  auto stream = std::make_shared<PutStream>(context, space, call, *response);
  stream->Start();
  return stream.get();
}

grpc::ServerBidiReactor<v1::PutTraceSegmentsBatch, v1::PutTraceSegmentsAck>*
StartAckedPutStream(const V1Context& context, Space& space,
                    grpc::CallbackServerContext* call) {
  auto stream = std::make_shared<AckedPutStream>(context, space, call);
  stream->Start();
  return stream.get();
}

}  // namespace roentgen::server
