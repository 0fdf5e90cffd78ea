#include "server/v1/tail_stream.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/refused_call.h"
#include "server/v1/proto_convert.h"

namespace roentgen::server {

void TailStream::Start(std::optional<query::CompiledFilter> filter) {
  self_ = shared_from_this();
  tail_ = space_.searches().Tail(std::move(filter), [this] { OnWake(); });
  context_.streams.Add(self_);
  // Tells the client that from here on it misses nothing.
  timer_.Begin();
  StartWrite(&message_);
}

void TailStream::OnWake() {
  {
    MutexLock lock(mu_);
    if (state_ != State::kIdle) {
      woken_ = true;
      return;
    }
    state_ = State::kBusy;
  }
  Continue();
}

void TailStream::Continue() {
  context_.reads.Continue([self = shared_from_this()] { self->Step(); },
                          caller_);
}

void TailStream::Step() {
  while (true) {
    if (FinishIfAsked()) return;
    {
      MutexLock lock(mu_);
      woken_ = false;
    }
    absl::StatusOr<query::TailBatch> batch = tail_->Take(
        context_.calls.Until(absl::InfiniteFuture(), cancelled_.get_token()));
    if (!batch.ok()) {
      {
        MutexLock lock(mu_);
        end_ = ToGrpcStatus(batch.status());
      }
      FinishIfAsked();
      return;
    }
    if (!batch->summaries.empty() || batch->skipped != 0) {
      message_.Clear();
      for (const storage::TraceSummary& summary : batch->summaries) {
        ToProto(summary, message_.add_trace_summaries());
      }
      message_.set_skipped_count(static_cast<int64_t>(batch->skipped));
      timer_.Begin();
      StartWrite(&message_);
      return;
    }
    if (batch->more) continue;
    MutexLock lock(mu_);
    if (woken_ || end_) continue;
    state_ = State::kIdle;
    return;
  }
}

void TailStream::OnWriteDone(bool ok) {
  timer_.End();
  if (!ok) {
    MutexLock lock(mu_);
    end_ = grpc::Status::CANCELLED;
  }
  Continue();
}

void TailStream::OnCancel() {
  cancelled_.request_stop();
  {
    MutexLock lock(mu_);
    end_ = grpc::Status::CANCELLED;
    if (state_ != State::kIdle) return;  // Who is busy sees it.
    state_ = State::kBusy;
  }
  FinishIfAsked();
}

void TailStream::BeginDrain() {
  {
    MutexLock lock(mu_);
    if (!end_) {
      end_ =
          ToGrpcStatus(absl::UnavailableError("the server is shutting down"));
    }
    if (state_ != State::kIdle) return;
    state_ = State::kBusy;
  }
  FinishIfAsked();
}

bool TailStream::FinishIfAsked() {
  grpc::Status status;
  {
    MutexLock lock(mu_);
    if (!end_) return false;
    if (state_ == State::kFinished) return true;
    state_ = State::kFinished;
    status = *end_;
  }
  timer_.Begin();
  Finish(status);
  return true;
}

void TailStream::OnDone() {
  timer_.End();
  context_.streams.Remove(this);
  tail_.reset();  // Waits for a wake that is under way.
  self_.reset();
}

grpc::ServerWriteReactor<v1::TailTraceSummariesResponse>* StartTail(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::TailTraceSummariesRequest* request) {
  using Refused = RefusedStream<v1::TailTraceSummariesResponse>;
  auto filter = space.searches().Compile(request->filter_expression());
  if (!filter.ok()) return Refused::Start(filter.status());
  if (++*context.tails > limits::kTailsMax) {
    --*context.tails;
    return Refused::Start(absl::ResourceExhaustedError(
        "live tails: " + std::to_string(limits::kTailsMax) +
        " are open, the limit"));
  }
  auto stream = std::make_shared<TailStream>(context, space, call);
  stream->Start(*std::move(filter));
  return stream.get();
}

}  // namespace roentgen::server
