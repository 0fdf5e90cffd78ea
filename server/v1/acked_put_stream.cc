#include "server/v1/acked_put_stream.h"

#include <utility>

#include "server/rpc/grpc_status.h"
#include "server/v1/batch_error.h"
#include "server/v1/proto_convert.h"
#include "server/v1/put_documents.h"

namespace roentgen::server {

void AckedPutStream::Start() {
  self_ = shared_from_this();
  context_.streams.Add(self_);
  StartRead(&batch_);
}

void AckedPutStream::OnReadDone(bool ok) {
  bool put = false;
  {
    MutexLock lock(mu_);
    reading_ = false;
    // Batches that arrive while the server leaves stay unacknowledged: the
    // client sends them again.
    put = ok && !draining_ && !finished_;
    if (put) {
      ++pending_;
      reading_ = true;  // Until batch_ may be overwritten.
    } else if (!ok) {
      reads_done_ = true;  // The client has no more.
    }
  }
  if (put) {
    Put();
    MutexLock lock(mu_);
    reading_ = false;
  }
  Advance();
}

void AckedPutStream::Put() {
  const uint64_t id = batch_.batch_id();
  const auto& documents = batch_.trace_segment_documents();
  // Before anything is stored: an acknowledgement must be possible.
  auto lease = std::make_shared<MemoryLease>(context_.answers, caller_);
  if (!lease->GrowTo(RefusalBytes(documents.size()))) {
    return OnStored(id, MemoryLease(), TooManyAnswerBytes(context_));
  }
  PutDocuments(context_, space_, documents,
               {.deadline = PutDeadline(context_, *call_), .caller = caller_},
               [self = self_, id,
                lease = std::move(lease)](absl::StatusOr<PutOutcome> outcome) {
                 self->OnStored(id, std::move(*lease), std::move(outcome));
               });
}

void AckedPutStream::OnStored(uint64_t batch_id, MemoryLease lease,
                              absl::StatusOr<PutOutcome> outcome) {
  v1::PutTraceSegmentsAck ack;
  ack.set_batch_id(batch_id);
  if (outcome.ok()) {
    ack.set_accepted_count(static_cast<int64_t>(outcome->accepted));
    for (const UnprocessedSegment& u : outcome->unprocessed) {
      ToProto(u, ack.add_unprocessed_trace_segments());
    }
  } else {
    *ack.mutable_error() = ToBatchError(outcome.status());
  }
  lease.ShrinkTo(RefusalBytes(ack.unprocessed_trace_segments_size()));
  {
    MutexLock lock(mu_);
    --pending_;
    if (!broken_) {
      acks_.push_back({.message = std::move(ack), .lease = std::move(lease)});
    }
  }
  Advance();
}

void AckedPutStream::OnWriteDone(bool ok) {
  {
    MutexLock lock(mu_);
    writing_ = false;
    timer_.End();
    acks_.pop_front();
    if (!ok) {
      broken_ = true;
      acks_.clear();
    }
  }
  Advance();
}

void AckedPutStream::BeginDrain() {
  {
    MutexLock lock(mu_);
    draining_ = true;
  }
  Advance();
}

void AckedPutStream::Advance() {
  const v1::PutTraceSegmentsAck* write = nullptr;
  bool read = false;
  bool finish = false;
  bool draining = false;
  {
    MutexLock lock(mu_);
    if (finished_) return;
    if (!writing_ && !acks_.empty()) {
      writing_ = true;
      timer_.Begin();
      write =
          &acks_.front().message;  // Stays in place while others are appended.
    }
    const bool no_more = reads_done_ || draining_;
    if (!reading_ && !no_more && pending_ + acks_.size() < kOpenMax) {
      reading_ = true;
      read = true;
    }
    if (no_more && pending_ == 0 && acks_.empty()) {
      finished_ = true;
      finish = true;
      draining = draining_ && !reads_done_;
    }
  }
  // At most one of the threads gets each of these; none is done under lock,
  // since gRPC may answer on this very thread.
  if (read) StartRead(&batch_);
  if (write != nullptr) StartWrite(write);
  if (finish) {
    timer_.Begin();
    Finish(draining ? ToGrpcStatus(
                          absl::UnavailableError("the server is shutting down"))
                    : grpc::Status::OK);
  }
}

void AckedPutStream::OnDone() {
  timer_.End();
  context_.streams.Remove(this);
  self_.reset();
}

}  // namespace roentgen::server
