#include "tests/crash/load.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/sync_stream.h>

#include <map>
#include <utility>

#include "base/clock.h"
#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "tests/crash/server_process.h"

namespace roentgen::crash {
namespace {

// Between two batches of a writer: keeps the ledger small enough to check.
constexpr absl::Duration kPause = absl::Milliseconds(20);
// Batches on a stream without acknowledgement.
constexpr size_t kWindow = 8;

struct Batch {
  std::vector<std::string> documents;
  std::vector<SentSegment> sent;
};

Batch MakeBatch(SegmentSource& source) {
  Batch batch;
  for (size_t n = source.BatchSize(); n > 0; --n) {
    source.Next(batch.documents, batch.sent);
  }
  return batch;
}

void WriteOverHttp(const std::string& address, SegmentSource& source,
                   Ledger& ledger, const std::atomic<bool>& stopping) {
  while (!stopping) {
    const Batch batch = MakeBatch(source);
    const std::string answer =
        HttpExchange(address, PutRequest(batch.documents));
    if (answer.empty()) return;  // Dead.
    if (answer.starts_with("HTTP/1.1 200") &&
        answer.ends_with(R"({"UnprocessedTraceSegments":[]})")) {
      ledger.Append(batch.sent);
    }
    Pass(kPause);
  }
}

void WriteUnary(const std::string& address, SegmentSource& source,
                Ledger& ledger, const std::atomic<bool>& stopping) {
  const auto stub = v1::TraceService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  while (!stopping) {
    const Batch batch = MakeBatch(source);
    v1::PutTraceSegmentsRequest request;
    for (const std::string& document : batch.documents) {
      request.add_trace_segment_documents(document);
    }
    grpc::ClientContext call;
    v1::PutTraceSegmentsResponse response;
    const grpc::Status status =
        stub->PutTraceSegments(&call, request, &response);
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) return;
    if (status.ok() && response.unprocessed_trace_segments_size() == 0) {
      ledger.Append(batch.sent);
    }
    Pass(kPause);
  }
}

void WriteAcked(const std::string& address, SegmentSource& source,
                Ledger& ledger, const std::atomic<bool>& stopping) {
  const auto stub = v1::TraceService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext call;
  const auto stream = stub->PutTraceSegmentsAcked(&call);
  std::map<uint64_t, std::vector<SentSegment>> waiting;
  v1::PutTraceSegmentsAck ack;
  const auto read_one = [&] {
    if (!stream->Read(&ack)) return false;
    if (!ack.has_error() && ack.unprocessed_trace_segments_size() == 0) {
      ledger.Append(waiting[ack.batch_id()]);
    }
    waiting.erase(ack.batch_id());
    return true;
  };
  bool alive = true;
  for (uint64_t id = 1; alive && !stopping; ++id) {
    Batch batch = MakeBatch(source);
    v1::PutTraceSegmentsBatch message;
    message.set_batch_id(id);
    for (std::string& document : batch.documents) {
      message.add_trace_segment_documents(std::move(document));
    }
    waiting[id] = std::move(batch.sent);
    alive = stream->Write(message);
    if (alive && waiting.size() >= kWindow) alive = read_one();
    Pass(kPause);
  }
  stream->WritesDone();
  // What was acknowledged just before the end counts too.
  while (!waiting.empty() && read_one()) {
  }
  stream->Finish();  // Any status: the server may be dead.
}

}  // namespace

std::string PutRequest(const std::vector<std::string>& documents) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("TraceSegmentDocuments").BeginArray();
  for (const std::string& document : documents) json.String(document);
  json.EndArray().EndObject();
  return "POST /TraceSegments HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string SegmentSource::Hex(size_t digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < digits; ++i) out += kDigits[random_() % 16];
  return out;
}

const std::string& SegmentSource::PickTrace() {
  const uint64_t die = random_() % 100;
  if (traces_.empty() || die < 25) {
    traces_.push_back("1-" + Hex(8) + "-" + Hex(24));
    return traces_.back();
  }
  if (die < 90 || !options_.reopen) {  // One of the last few.
    const size_t back = 1 + random_() % std::min<size_t>(traces_.size(), 20);
    return traces_[traces_.size() - back];
  }
  return traces_[random_() % traces_.size()];
}

void SegmentSource::Next(std::vector<std::string>& documents,
                         std::vector<SentSegment>& sent) {
  const std::string& trace_id = PickTrace();
  const std::string id = Hex(16);
  const Timestamp now = SystemClock().Now();
  documents.push_back(R"({"id":")" + id + R"(","trace_id":")" + trace_id +
                      R"(","name":"svc","start_time":)" +
                      FormatEpochSeconds(now - absl::Milliseconds(20)) +
                      R"(,"end_time":)" + FormatEpochSeconds(now) +
                      R"(,"metadata":{"default":{"x":")" +
                      Hex(options_.padding_bytes) + R"("}}})");
  sent.push_back({trace_id, id});
}

Load::Load(const std::string& http, const std::string& grpc,
           std::vector<std::unique_ptr<SegmentSource>>& sources,
           Ledger& ledger) {
  const auto start = [&](auto* writer, const std::string& address,
                         size_t index) {
    writers_.emplace_back(
        [this, writer, address, &ledger, &source = *sources[index]] {
          writer(address, source, ledger, stopping_);
        });
  };
  start(WriteOverHttp, http, 0);
  start(WriteOverHttp, http, 1);
  start(WriteUnary, grpc, 2);
  start(WriteAcked, grpc, 3);
}

Load::~Load() {
  stopping_ = true;
  for (std::thread& writer : writers_) writer.join();
}

}  // namespace roentgen::crash
