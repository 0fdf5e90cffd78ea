#include "server/v1/read_calls.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/call.h"
#include "base/status_macros.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/unary_read.h"
#include "server/v1/proto_convert.h"
#include "server/v1/search_convert.h"
#include "server/v1/streamed_read.h"
#include "trace/span/span_text.h"

namespace roentgen::server {
namespace {

class TraceStream : public StreamedRead<v1::TraceChunk> {
 public:
  TraceStream(const V1Context& context, Space& space,
              grpc::CallbackServerContext* call,
              std::vector<storage::TraceId> ids, bool original)
      : StreamedRead(context, space, call),
        ids_(std::move(ids)),
        original_(original) {}

 private:
  // Documents in one message; a single larger one goes alone.
  static constexpr size_t kChunkBytes = 1024 * 1024;

  absl::StatusOr<bool> Load(const Call& read) override {
    while (next_id_ < ids_.size()) {
      const storage::TraceId& id = ids_[next_id_++];
      trace_.Clear();
      next_segment_ = 0;
      const absl::Status status =
          original_ ? LoadOriginal(id, read) : LoadAssembled(id, read);
      if (absl::IsNotFound(status)) continue;
      RTG_RETURN_IF_ERROR(status);
      lease_ = MemoryLease(context_.answers, caller_);
      if (!lease_.GrowOrOverdraw(trace_.SpaceUsedLong())) {
        return TooManyAnswerBytes(context_);
      }
      loaded_ = true;
      return true;
    }
    return false;
  }

  absl::Status LoadAssembled(const storage::TraceId& id, const Call& read) {
    RTG_ASSIGN_OR_RETURN(query::AssembledTrace trace,
                         space_.queries().GetTrace(id, 0, read));
    ToProto(std::move(trace), &trace_);
    return absl::OkStatus();
  }

  absl::Status LoadOriginal(const storage::TraceId& id, const Call& read) {
    RTG_ASSIGN_OR_RETURN(std::vector<storage::StoredRecord> records,
                         space_.queries().GetOriginalDocuments(id, read));
    trace_.set_id(id.ToString());
    for (storage::StoredRecord& record : records) {
      v1::Segment* segment = trace_.add_segments();
      // Bytes, which need not be UTF-8.
      if (record.format == storage::RecordFormat::kOtlpSpan) {
        segment->set_document(
            std::string(storage::OriginalSpan(record.document)));
      } else {
        segment->set_document(std::move(record.document));
      }
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
    Write(&chunk_);
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
  SummaryStream(const V1Context& context, Space& space,
                grpc::CallbackServerContext* call,
                query::TraceSummariesRequest request)
      : StreamedRead(context, space, call), request_(std::move(request)) {}

 private:
  absl::StatusOr<bool> Load(const Call& read) override {
    if (complete_) return false;
    RTG_ASSIGN_OR_RETURN(query::TraceSummariesPage page,
                         space_.searches().summaries().Page(request_, read));
    page_.Clear();
    ToProto(page, &page_);
    lease_ = MemoryLease(context_.answers, caller_);
    if (!lease_.GrowTo(page_.SpaceUsedLong())) {
      return TooManyAnswerBytes(context_);
    }
    complete_ = page.next_token.empty();
    request_.next_token = std::move(page.next_token);
    loaded_ = true;
    return true;
  }

  bool WriteMore() override {
    if (!loaded_) return false;
    loaded_ = false;
    Write(&page_);
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
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::BatchGetTracesRequest* request,
    v1::BatchGetTracesResponse* response) {
  auto work = [&space, request,
               response](const Call& read) -> absl::StatusOr<size_t> {
    const std::vector<std::string> ids(request->trace_ids().begin(),
                                       request->trace_ids().end());
    // Texts, and the messages that they stand in.
    constexpr double kBytesPerByte = 1.5;
    RTG_ASSIGN_OR_RETURN(query::TracesPage page,
                         space.queries().BatchGetTraces(
                             ids, request->next_token(), read, kBytesPerByte));
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
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetTraceSummariesRequest* request,
    v1::GetTraceSummariesResponse* response) {
  auto work = [&space, request,
               response](const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::TraceSummariesRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::TraceSummariesPage page,
                         space.searches().summaries().Page(query, read));
    ToProto(page, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerUnaryReactor* StartGetTraceFigures(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::GetTraceFiguresRequest* request,
    v1::GetTraceFiguresResponse* response) {
  auto work = [&space, request,
               response](const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresAnswer answer,
                         space.searches().summaries().Figures(query, read));
    ToProto(answer, query.group_by, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerUnaryReactor* StartCheckIndex(const V1Context& context,
                                          Space& space,
                                          grpc::CallbackServerContext* call,
                                          const v1::CheckIndexRequest* request,
                                          v1::CheckIndexResponse* response) {
  auto work = [&space, request,
               response](const Call& read) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::IndexCheckRequest query,
                         FromProto(*request));
    RTG_ASSIGN_OR_RETURN(const query::IndexCheckReport report,
                         space.searches().CheckIndex(query, read));
    ToProto(report, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context, call, std::move(work));
}

grpc::ServerWriteReactor<v1::GetTraceSummariesResponse>*
StartStreamTraceSummaries(const V1Context& context, Space& space,
                          grpc::CallbackServerContext* call,
                          const v1::GetTraceSummariesRequest* request) {
  absl::StatusOr<query::TraceSummariesRequest> query = FromProto(*request);
  if (!query.ok()) {
    return RefusedStream<v1::GetTraceSummariesResponse>::Start(query.status());
  }
  auto* stream =
      new SummaryStream(context, space, call, *std::move(query));  // NOLINT
  stream->Start();
  return stream;
}

grpc::ServerWriteReactor<v1::TraceChunk>* StartStreamTraces(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
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
  auto* stream = new TraceStream(context, space, call, *std::move(ids),
                                 original);  // NOLINT
  stream->Start();
  return stream;
}

}  // namespace roentgen::server
