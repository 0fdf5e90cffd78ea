#include "server/v1/graph_stream.h"

#include <utility>

#include "base/status_macros.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/unary_read.h"
#include "server/v1/graph_convert.h"

namespace roentgen::server {

void GraphStream::Start() {
  self_ = shared_from_this();
  if (context_.reads.TryStart([stream = self_] { stream->Run(); },
                              lease_.caller())) {
    return;
  }
  Finish(ToGrpcStatus(PoolIsFull()));
}

void GraphStream::Run() {
  absl::StatusOr<v1::GetServiceGraphResponse> response = Compute();
  MutexLock lock(mu_);
  if (response.ok()) {
    next_.emplace();
    *next_->mutable_response() = *std::move(response);
  } else {
    next_.reset();
  }
  end_ = ToGrpcStatus(response.status());
  if (!writing_) Continue();
}

absl::StatusOr<v1::GetServiceGraphResponse> GraphStream::Compute() {
  RTG_ASSIGN_OR_RETURN(
      const query::ServiceGraphAnswer answer,
      space_.graphs().Graph(
          request_, ReadFor(context_, *call_, cancelled_),
          [this](const query::GraphProgress& progress) { Report(progress); }));
  v1::GetServiceGraphResponse response;
  ToProto(answer, histograms_ ? Histograms::kShown : Histograms::kLeftOut,
          &response);
  if (!lease_.GrowTo(response.SpaceUsedLong())) {
    return TooManyAnswerBytes(context_);
  }
  return response;
}

void GraphStream::Report(const query::GraphProgress& progress) {
  MutexLock lock(mu_);
  next_.emplace();
  ToProto(progress, next_->mutable_progress());
  if (!writing_) Continue();
}

void GraphStream::OnWriteDone(bool ok) {
  MutexLock lock(mu_);
  writing_ = false;
  timer_.End();
  if (!ok) {
    // The computation sees that the call is cancelled.
    next_.reset();
    if (!end_) return;
    end_ = grpc::Status::CANCELLED;
  }
  Continue();
}

void GraphStream::OnDone() {
  {
    MutexLock lock(mu_);
    timer_.End();
  }
  self_.reset();
}

void GraphStream::Continue() {
  if (next_) {
    message_ = *std::move(next_);
    next_.reset();
    writing_ = true;
    timer_.Begin();
    StartWrite(&message_);
  } else if (end_) {
    timer_.Begin();
    Finish(*end_);
  }
}

grpc::ServerWriteReactor<v1::StreamServiceGraphResponse>* StartGraphStream(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetServiceGraphRequest* request) {
  absl::StatusOr<query::ServiceGraphRequest> query = FromProto(*request);
  if (!query.ok()) {
    return RefusedStream<v1::StreamServiceGraphResponse>::Start(query.status());
  }
  auto stream = std::make_shared<GraphStream>(
      context, space, call, *std::move(query), request->histograms());
  stream->Start();
  return stream.get();
}

}  // namespace roentgen::server
