// FindTraceSummaries of Jaeger's services, which differ in their messages.
//
// Threads: gRPC and the read pool call in, one after the other; a stream owns
// itself until the call has ended.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_SUMMARY_STREAM_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_SUMMARY_STREAM_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/memory_budget.h"
#include "base/status_macros.h"
#include "grpcpp/grpcpp.h"
#include "query/spans/span_query.h"
#include "query/spans/span_summary.h"
#include "server/jaeger/jaeger_context.h"
#include "server/jaeger/jaeger_convert.h"
#include "server/jaeger/trace_adjust.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/unary_read.h"

namespace roentgen::server {

template <typename Response>
class JaegerSummaryStream : public grpc::ServerWriteReactor<Response> {
 public:
  static JaegerSummaryStream* Start(const JaegerContext& context, Space& space,
                                    grpc::CallbackServerContext* call,
                                    query::SpanQuery query, bool adjusted) {
    auto stream = std::make_shared<JaegerSummaryStream>(
        context, space, call, std::move(query), adjusted);
    stream->self_ = stream;
    if (!context.reads.TryStart([stream] { stream->Run(); },
                                stream->lease_.caller())) {
      stream->Finish(ToGrpcStatus(PoolIsFull()));
    }
    return stream.get();
  }

  JaegerSummaryStream(const JaegerContext& context, Space& space,
                      grpc::CallbackServerContext* call, query::SpanQuery query,
                      bool adjusted)
      : context_(context),
        space_(space),
        call_(call),
        query_(std::move(query)),
        adjusted_(adjusted),
        lease_(context.answers, CallerOfCall(context, *call)),
        timer_(context.writes, call) {}

  void OnWriteDone(bool ok) override {
    timer_.End();
    if (!ok) {
      End(grpc::Status::CANCELLED);
    } else {
      WriteNext();
    }
  }
  void OnCancel() override { cancelled_.request_stop(); }
  void OnDone() override {
    timer_.End();
    self_.reset();
  }

 private:
  static constexpr int kSummariesPerMessage = 100;

  void Run() {
    const absl::Status status = Search();
    if (!status.ok()) {
      End(ToGrpcStatus(status));
    } else {
      WriteNext();
    }
  }

  void End(const grpc::Status& status) {
    timer_.Begin();
    this->Finish(status);
  }

  absl::Status Search() {
    absl::Status added;
    RTG_RETURN_IF_ERROR(space_.spans().Find(
        query_, ReadFor(context_, *call_, cancelled_),
        [&](query::SpanTrace trace) {
          added = Add(adjusted_ ? AdjustedTrace(std::move(trace))
                                : std::move(trace));
          return added.ok();
        }));
    return added;
  }

  absl::Status Add(const query::SpanTrace& trace) {
    RTG_ASSIGN_OR_RETURN(const query::SpanTraceSummary summary,
                         query::Summarize(trace));
    if (responses_.empty() ||
        responses_.back().summaries_size() == kSummariesPerMessage) {
      responses_.emplace_back();
    }
    auto* out = responses_.back().add_summaries();
    ToProto(summary, out);
    bytes_ += out->SpaceUsedLong();
    if (!lease_.GrowOrOverdraw(bytes_)) return TooManyAnswerBytes(context_);
    return absl::OkStatus();
  }

  void WriteNext() {
    if (next_ == responses_.size()) {
      End(grpc::Status::OK);
    } else {
      timer_.Begin();
      this->StartWrite(&responses_[next_++]);
    }
  }

  std::shared_ptr<JaegerSummaryStream> self_;  // Until OnDone.
  const JaegerContext& context_;
  Space& space_;
  grpc::CallbackServerContext* const call_;
  std::stop_source cancelled_;
  const query::SpanQuery query_;
  const bool adjusted_;  // As Jaeger's query service shows traces.
  MemoryLease lease_;    // Until the last answer is sent.
  std::vector<Response> responses_;
  size_t next_ = 0;
  size_t bytes_ = 0;
  WriteTimer timer_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_SUMMARY_STREAM_H_
