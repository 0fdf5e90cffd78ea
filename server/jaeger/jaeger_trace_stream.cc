#include "server/jaeger/jaeger_trace_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "server/jaeger/trace_adjust.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/unary_read.h"
#include "trace/span/traces_data.h"

namespace roentgen::server {
namespace {

// Chunks of found traces that are kept while the client reads.
constexpr size_t kChunksKept = 2;
// Tags and lengths around a span, and around what it shares with others.
constexpr size_t kSpanFrameBytes = 8;
constexpr size_t kContextFrameBytes = 32;

size_t SizeOf(const query::SpanTrace& trace) {
  size_t bytes = sizeof(trace);
  // Contexts are shared.
  for (const storage::TraceSpan& span : trace.spans) {
    bytes += sizeof(span) + span.span.size();
  }
  return bytes;
}

}  // namespace

void JaegerTraceStream::Start() {
  self_ = shared_from_this();
  if (context_.reads.TryStart([stream = self_] { stream->Run(); }, caller_)) {
    return;
  }
  Finish(ToGrpcStatus(PoolIsFull()));
}

void JaegerTraceStream::Run() {
  if (query_) {
    const absl::Status status = Search();
    MutexLock lock(mu_);
    searching_ = false;
    if (!status.ok()) Fail(status);
    if (writing_) return;
  }
  Load();
}

absl::Status JaegerTraceStream::Search() {
  absl::Status kept;
  RTG_RETURN_IF_ERROR(space_.spans().Find(*query_,
                                          ReadFor(context_, *call_, cancelled_),
                                          [&](query::SpanTrace trace) {
                                            trace = Shown(std::move(trace));
                                            MutexLock lock(mu_);
                                            if (failure_) return false;
                                            kept = Keep(std::move(trace));
                                            if (!kept.ok()) return false;
                                            if (!writing_) Advance();
                                            return true;
                                          }));
  return kept;
}

query::SpanTrace JaegerTraceStream::Shown(query::SpanTrace trace) const {
  if (!adjusted_) return trace;
  return AdjustedTrace(std::move(trace));
}

absl::Status JaegerTraceStream::Keep(query::SpanTrace trace) {
  if (trace.spans.empty()) return absl::OkStatus();  // No chunk is empty.
  found_ = true;
  if (!ids_.empty() && searching_) {
    ids_.push_back(trace.id);
    return absl::OkStatus();
  }
  const size_t size = SizeOf(trace);
  if (!traces_.empty() &&
      bytes_ + size > kChunksKept * context_.trace_chunk_bytes_max) {
    ids_.push_back(trace.id);
    return absl::OkStatus();
  }
  bytes_ += size;
  if (!lease_.GrowOrOverdraw(bytes_)) return TooManyAnswerBytes(context_);
  traces_.push_back(std::move(trace));
  return absl::OkStatus();
}

void JaegerTraceStream::Fail(const absl::Status& status) {
  if (!failure_) failure_ = ToGrpcStatus(status);
  traces_.clear();
  ids_.clear();
}

void JaegerTraceStream::Load() {
  while (true) {
    storage::TraceId id;
    {
      MutexLock lock(mu_);
      if (!Advance()) return;
      id = ids_.front();
      ids_.pop_front();
    }
    absl::StatusOr<std::optional<query::SpanTrace>> trace =
        space_.spans().Get(id, ReadFor(context_, *call_, cancelled_));
    MutexLock lock(mu_);
    absl::Status status = trace.status();
    if (status.ok() && *trace) status = Keep(Shown(**std::move(trace)));
    if (!status.ok()) Fail(status);
  }
}

void JaegerTraceStream::OnWriteDone(bool ok) {
  {
    MutexLock lock(mu_);
    writing_ = false;
    timer_.End();
    if (!ok) Fail(absl::CancelledError("the client went away"));
    if (!Advance()) return;
  }
  context_.reads.Continue([self = shared_from_this()] { self->Load(); },
                          caller_);
}

void JaegerTraceStream::OnDone() {
  {
    MutexLock lock(mu_);
    timer_.End();
  }
  self_.reset();
}

bool JaegerTraceStream::Advance() {
  if (!traces_.empty()) {
    WriteChunk();
    return false;
  }
  if (searching_) return false;
  if (!ids_.empty()) return true;
  timer_.Begin();
  if (failure_) {
    Finish(*failure_);
  } else if (must_exist_ && !found_) {
    Finish(ToGrpcStatus(absl::NotFoundError("trace not found")));
  } else {
    Finish(grpc::Status::OK);
  }
  return false;
}

void JaegerTraceStream::WriteChunk() {
  const query::SpanTrace& trace = traces_.front();
  storage::TracesDataBuilder builder;
  absl::flat_hash_set<const storage::SpanContext*> contexts;
  size_t bytes = 0;
  while (next_span_ < trace.spans.size()) {
    const storage::TraceSpan& span = trace.spans[next_span_];
    bytes += span.span.size() + kSpanFrameBytes;
    if (contexts.insert(span.context.get()).second) {
      bytes += span.context->resource_spans.size() +
               span.context->scope_spans.size() + kContextFrameBytes;
    }
    if (bytes > context_.trace_chunk_bytes_max && !builder.empty()) break;
    builder.Add(span.context, span.span);
    ++next_span_;
  }
  const grpc::Slice slice(builder.Finish());
  if (next_span_ == trace.spans.size()) {
    bytes_ -= SizeOf(trace);
    traces_.pop_front();
    lease_.ShrinkTo(bytes_);
    next_span_ = 0;
  }
  message_ = grpc::ByteBuffer(&slice, 1);
  writing_ = true;
  timer_.Begin();
  StartWrite(&message_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartJaegerTraceStream(
    const JaegerContext& context, Space& space,
    grpc::CallbackServerContext* call, WantedTraces wanted) {
  auto stream = std::make_shared<JaegerTraceStream>(context, space, call,
                                                    std::move(wanted));
  stream->Start();
  return stream.get();
}

}  // namespace roentgen::server
