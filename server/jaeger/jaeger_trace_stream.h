// Traces as a stream of TracesData, which Jaeger's services have in common.
//
// A message holds spans of one trace, those of a trace follow each other, and
// none is empty or larger than it may be but for a single span that is. What
// was stored goes out as it is: no message is built.
//
// A search goes on while the client reads. What it finds is kept up to some
// bytes; of traces found beyond that only the ids are, and each is read once
// its turn has come. A slow client keeps no thread and little memory.
//
// Threads: gRPC and the read pool call in; the stream guards itself.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_TRACE_STREAM_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_TRACE_STREAM_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "grpcpp/grpcpp.h"
#include "query/spans/span_query.h"
#include "query/spans/span_summary.h"
#include "server/jaeger/jaeger_context.h"
#include "trace/model/ids.h"

namespace roentgen::server {

struct WantedTraces {
  std::optional<query::SpanQuery> query;  // Traces that match it, or
  std::vector<storage::TraceId> ids;      // those that are stored of these.
  bool must_exist = false;                // None at all is NotFound.
  // As Jaeger's query service shows them, not as they are stored.
  bool adjusted = false;
};

class JaegerTraceStream
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public std::enable_shared_from_this<JaegerTraceStream> {
 public:
  JaegerTraceStream(const JaegerContext& context, Space& space,
                    grpc::CallbackServerContext* call, WantedTraces wanted)
      : context_(context),
        space_(space),
        call_(call),
        query_(std::move(wanted.query)),
        must_exist_(wanted.must_exist),
        adjusted_(wanted.adjusted),
        caller_(CallerOfCall(context, *call)),
        lease_(context.answers, caller_),
        searching_(query_.has_value()),
        ids_(wanted.ids.begin(), wanted.ids.end()),
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
  absl::Status Search();
  void Load();

  query::SpanTrace Shown(query::SpanTrace trace) const;
  // Keeps the trace, if there is room, else its id.
  absl::Status Keep(query::SpanTrace trace) RTG_REQUIRES(mu_);
  void Fail(const absl::Status& status) RTG_REQUIRES(mu_);
  // Nothing is being written: writes what there is, or ends the call. True:
  // the next trace must be loaded first.
  bool Advance() RTG_REQUIRES(mu_);
  void WriteChunk() RTG_REQUIRES(mu_);

  const JaegerContext& context_;
  Space& space_;
  grpc::CallbackServerContext* const call_;
  std::stop_source cancelled_;
  const std::optional<query::SpanQuery> query_;
  const bool must_exist_;
  const bool adjusted_;
  const CallerId caller_;
  std::shared_ptr<JaegerTraceStream> self_;  // Until OnDone.
  Mutex mu_;
  MemoryLease lease_ RTG_GUARDED_BY(mu_);
  bool searching_ RTG_GUARDED_BY(mu_);
  bool writing_ RTG_GUARDED_BY(mu_) = false;
  bool found_ RTG_GUARDED_BY(mu_) = false;
  std::deque<query::SpanTrace> traces_ RTG_GUARDED_BY(mu_);
  size_t next_span_ RTG_GUARDED_BY(mu_) = 0;              // Of the first trace.
  size_t bytes_ RTG_GUARDED_BY(mu_) = 0;                  // Of `traces_`.
  std::deque<storage::TraceId> ids_ RTG_GUARDED_BY(mu_);  // After `traces_`.
  std::optional<grpc::Status> failure_ RTG_GUARDED_BY(mu_);
  WriteTimer timer_ RTG_GUARDED_BY(mu_);
  grpc::ByteBuffer message_;  // Owned by the write under way.
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartJaegerTraceStream(
    const JaegerContext& context, Space& space,
    grpc::CallbackServerContext* call, WantedTraces wanted);

// The message in `bytes`; InvalidArgument when it is none.
template <typename Message>
absl::StatusOr<Message> ParseMessage(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  Message message;
  if (!bytes.DumpToSingleSlice(&slice).ok() ||
      !message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return absl::InvalidArgumentError("the request does not parse");
  }
  return message;
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_TRACE_STREAM_H_
