#include "server/rpc/read_calls.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "server/answer_control.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/proto_convert.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/search_convert.h"
#include "server/rpc/unary_read.h"

namespace roentgen::server {
namespace {

// A read with many answers, one in memory at a time: LoadNext runs on the
// pool, the write it starts leads to the next one.
template <typename Message>
class StreamedRead : public grpc::ServerWriteReactor<Message> {
 public:
  StreamedRead(const CallContext& context, grpc::CallbackServerContext* call)
      : context_(context), call_(call) {}

  void Start() {
    if (!context_.reads.TryStart([this] { Step(); })) End(PoolIsFull());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      this->Finish(grpc::Status::CANCELLED);
    } else if (!WriteMore()) {
      context_.reads.Continue([this] { Step(); });
    }
  }
  void OnDone() override { delete this; }  // NOLINT: owns itself.

 protected:
  // On the pool: loads what comes next. False: nothing is left.
  virtual absl::StatusOr<bool> Load(const CallControl& control) = 0;
  // Starts the next write of what was loaded, if any is left.
  virtual bool WriteMore() = 0;

  void End(const absl::Status& status) { this->Finish(ToGrpcStatus(status)); }

  const CallContext& context_;

 private:
  void Step() {
    if (call_->IsCancelled()) {
      this->Finish(grpc::Status::CANCELLED);
      return;
    }
    const CallControl control = ControlOf(*call_);
    do {
      const absl::StatusOr<bool> loaded = Load(control);
      if (!loaded.ok() || !*loaded) {
        End(loaded.status());
        return;
      }
    } while (!WriteMore());
  }

  grpc::CallbackServerContext* const call_;
};

// Documents that protobuf would refuse are copied to be mended: both are there
// until all are.
size_t RoomToMend(const std::vector<storage::StoredRecord>& records) {
  size_t bytes = 0;
  for (const storage::StoredRecord& record : records) {
    const size_t mended = MendedUtf8Size(record.document);
    bytes += record.document.size();
    if (mended != record.document.size()) bytes += mended;
  }
  return bytes;
}

class TraceStream : public StreamedRead<v1::TraceChunk> {
 public:
  TraceStream(const CallContext& context, grpc::CallbackServerContext* call,
              std::vector<storage::TraceId> ids, bool original)
      : StreamedRead(context, call),
        ids_(std::move(ids)),
        original_(original) {}

 private:
  // Documents in one message; a single larger one goes alone.
  static constexpr size_t kChunkBytes = 1024 * 1024;

  absl::StatusOr<bool> Load(const CallControl& control) override {
    while (next_id_ < ids_.size()) {
      const storage::TraceId& id = ids_[next_id_++];
      trace_.Clear();
      next_segment_ = 0;
      lease_ = MemoryLease(context_.memory);
      const absl::Status status =
          original_ ? LoadOriginal(id, control) : LoadAssembled(id, control);
      if (absl::IsNotFound(status)) continue;
      RTG_RETURN_IF_ERROR(status);
      RTG_RETURN_IF_ERROR(Hold(trace_.SpaceUsedLong()));
      loaded_ = true;
      return true;
    }
    return false;
  }

  // Half of the budget buys a trace of any size: else one larger than the
  // budget could never be read.
  absl::Status Hold(size_t bytes) {
    const size_t share = std::min(bytes, context_.memory->bytes_max() / 2);
    if (!lease_.GrowTo(share)) return TooManyBytesInFlight(context_);
    lease_.ShrinkTo(share);
    return absl::OkStatus();
  }

  absl::Status LoadAssembled(const storage::TraceId& id,
                             const CallControl& control) {
    RTG_ASSIGN_OR_RETURN(query::AssembledTrace trace,
                         context_.queries.GetTrace(id, 0, control));
    ToProto(std::move(trace), &trace_);
    return absl::OkStatus();
  }

  absl::Status LoadOriginal(const storage::TraceId& id,
                            const CallControl& control) {
    RTG_ASSIGN_OR_RETURN(std::vector<storage::StoredRecord> records,
                         context_.queries.GetOriginalDocuments(id, control));
    RTG_RETURN_IF_ERROR(Hold(RoomToMend(records)));
    trace_.set_id(id.ToString());
    for (storage::StoredRecord& record : records) {
      v1::Segment* segment = trace_.add_segments();
      segment->set_document(IsUtf8(record.document)
                                ? std::move(record.document)
                                : MendedUtf8(record.document));
      ToProto(record.received, segment->mutable_receive_time());
    }
    return absl::OkStatus();
  }

  bool WriteMore() override {
    if (!loaded_) return false;
    chunk_.Clear();
    chunk_.set_trace_id(trace_.id());
    if (next_segment_ == 0 && trace_.has_duration()) {
      *chunk_.mutable_duration() = trace_.duration();
    }
    size_t bytes = 0;
    while (next_segment_ < trace_.segments_size()) {
      v1::Segment& segment = *trace_.mutable_segments(next_segment_);
      const size_t size = segment.document().size();
      if (bytes != 0 && bytes + size > kChunkBytes) break;
      bytes += size;
      chunk_.add_segments()->Swap(&segment);
      ++next_segment_;
    }
    const bool last = next_segment_ == trace_.segments_size();
    chunk_.set_last(last);
    loaded_ = !last;
    StartWrite(&chunk_);
    return true;
  }

  const std::vector<storage::TraceId> ids_;
  const bool original_;
  size_t next_id_ = 0;
  bool loaded_ = false;  // trace_ has something to write.
  v1::Trace trace_;
  int next_segment_ = 0;
  MemoryLease lease_;
  v1::TraceChunk chunk_;  // Owned by the write under way.
};

class SummaryStream : public StreamedRead<v1::GetTraceSummariesResponse> {
 public:
  SummaryStream(const CallContext& context, grpc::CallbackServerContext* call,
                query::TraceSummariesRequest request)
      : StreamedRead(context, call), request_(std::move(request)) {}

 private:
  absl::StatusOr<bool> Load(const CallControl& control) override {
    if (complete_) return false;
    RTG_ASSIGN_OR_RETURN(query::TraceSummariesPage page,
                         context_.queries.search().Page(request_, control));
    page_.Clear();
    ToProto(page, &page_);
    lease_ = MemoryLease(context_.memory);
    if (!lease_.GrowTo(page_.SpaceUsedLong())) {
      return TooManyBytesInFlight(context_);
    }
    complete_ = page.next_token.empty();
    request_.next_token = std::move(page.next_token);
    loaded_ = true;
    return true;
  }

  bool WriteMore() override {
    if (!loaded_) return false;
    loaded_ = false;
    StartWrite(&page_);
    return true;
  }

  query::TraceSummariesRequest request_;
  bool complete_ = false;
  bool loaded_ = false;
  v1::GetTraceSummariesResponse page_;  // Owned by the write under way.
  MemoryLease lease_;
};

}  // namespace

grpc::ServerUnaryReactor* StartBatchGetTraces(
    const CallContext& context, grpc::CallbackServerContext* call,
    const v1::BatchGetTracesRequest* request,
    v1::BatchGetTracesResponse* response) {
  auto work = [&context, request, response](
                  const AnswerControl& control) -> absl::StatusOr<size_t> {
    const std::vector<std::string> ids(request->trace_ids().begin(),
                                       request->trace_ids().end());
    // Texts, and the messages that they stand in.
    const auto has_room = [&](size_t bytes) {
      return control.CheckRoom(3 * bytes / 2);
    };
    RTG_ASSIGN_OR_RETURN(query::TracesPage page,
                         context.queries.BatchGetTraces(
                             ids, request->next_token(), control, has_room));
    for (query::AssembledTrace& trace : page.traces) {
      ToProto(std::move(trace), response->add_traces());
    }
    for (std::string& id : page.unprocessed) {
      response->add_unprocessed_trace_ids(std::move(id));
    }
    response->set_next_token(std::move(page.next_token));
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerUnaryReactor* StartGetTraceSummaries(
    const CallContext& context, grpc::CallbackServerContext* call,
    const v1::GetTraceSummariesRequest* request,
    v1::GetTraceSummariesResponse* response) {
  auto work = [&context, request,
               response](const CallControl& control) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::TraceSummariesRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::TraceSummariesPage page,
                         context.queries.search().Page(query, control));
    ToProto(page, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerUnaryReactor* StartGetTraceFigures(
    const CallContext& context, grpc::CallbackServerContext* call,
    const v1::GetTraceFiguresRequest* request,
    v1::GetTraceFiguresResponse* response) {
  auto work = [&context, request,
               response](const CallControl& control) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresAnswer answer,
                         context.queries.search().Figures(query, control));
    ToProto(answer, query.group_by, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerUnaryReactor* StartCheckIndex(const CallContext& context,
                                          grpc::CallbackServerContext* call,
                                          const v1::CheckIndexRequest* request,
                                          v1::CheckIndexResponse* response) {
  auto work = [&context, request,
               response](const CallControl& control) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::IndexCheckRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::IndexCheckReport report,
                         context.queries.CheckIndex(query, control));
    ToProto(report, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerWriteReactor<v1::GetTraceSummariesResponse>*
StartStreamTraceSummaries(const CallContext& context,
                          grpc::CallbackServerContext* call,
                          const v1::GetTraceSummariesRequest* request) {
  absl::StatusOr<query::TraceSummariesRequest> query = FromProto(*request);
  if (!query.ok()) {
    return RefusedStream<v1::GetTraceSummariesResponse>::Start(query.status());
  }
  auto* stream = new SummaryStream(context, call, *std::move(query));  // NOLINT
  stream->Start();
  return stream;
}

grpc::ServerWriteReactor<v1::TraceChunk>* StartStreamTraces(
    const CallContext& context, grpc::CallbackServerContext* call,
    const v1::StreamTracesRequest* request) {
  absl::StatusOr<std::vector<storage::TraceId>> ids = FromProto(*request);
  if (ids.ok() && !v1::DocumentForm_IsValid(request->document_form())) {
    ids = absl::InvalidArgumentError("document_form: unknown value " +
                                     std::to_string(request->document_form()));
  }
  if (!ids.ok()) {
    return RefusedStream<v1::TraceChunk>::Start(ids.status());
  }
  const bool original = request->document_form() == v1::DOCUMENT_FORM_ORIGINAL;
  auto* stream =
      new TraceStream(context, call, *std::move(ids), original);  // NOLINT
  stream->Start();
  return stream;
}

}  // namespace roentgen::server
