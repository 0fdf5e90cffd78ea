// Clients that do not take their answers, and calls that take too long.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "tests/server/rpc/grpc_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

class UnreadAnswersTest : public GrpcServerTest {
 protected:
  // Calls whose client takes nothing end after `patience`.
  void RestartImpatient(size_t answer_bytes,
                        absl::Duration patience = absl::Milliseconds(100)) {
    answers_ = std::make_shared<MemoryBudget>(answer_bytes);
    Restart({.memory = std::make_shared<MemoryBudget>(64 << 20),
             .answers = answers_,
             .write_timeout = patience});
    grpc::ChannelArguments arguments;
    // A window that stays as it is.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    channel_ = grpc::CreateCustomChannel(server_->addresses().at(0).ToString(),
                                         grpc::InsecureChannelCredentials(),
                                         arguments);
    stub_ = v1::TraceService::NewStub(channel_);
  }

  void PutLargeTrace() {
    for (int i = 0; i < 4; ++i) {
      std::vector<std::string> documents;
      for (int k = 0; k < 50; ++k) {
        std::string id = std::to_string(1000 + 50 * i + k);
        documents.push_back(
            Document(kTraceId, "a1b2c3d4e5f6" + id, Filler(60'000)));
      }
      PutOk(documents);
    }
  }

  std::shared_ptr<MemoryBudget> answers_;
};

TEST_F(UnreadAnswersTest, AStreamThatNobodyReadsEnds) {
  RestartImpatient(32 << 20);
  PutLargeTrace();
  answers_->AwaitUsed(0);
  for (const bool original : {false, true}) {
    SCOPED_TRACE(original);
    v1::StreamTracesRequest request;
    request.add_trace_ids(kTraceId);
    if (original) request.set_document_form(v1::DOCUMENT_FORM_ORIGINAL);
    grpc::ClientContext call;
    const auto reader = stub_->StreamTraces(&call, request);
    v1::TraceChunk chunk;
    ASSERT_TRUE(reader->Read(&chunk));
    // What it held is free, though the client is still there.
    const uint64_t before = original ? 1 : 0;
    answers_->Await([&](size_t used) {
      return used == 0 && server_->unread_calls() > before;
    });
    while (reader->Read(&chunk)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // Whoever reads gets all of it.
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  std::vector<v1::TraceChunk> chunks;
  const grpc::Status status = Stream(request, &chunks);
  EXPECT_TRUE(status.ok()) << status.error_message();
  int segments = 0;
  for (const v1::TraceChunk& chunk : chunks) segments += chunk.segments_size();
  EXPECT_EQ(segments, 200);
}

TEST_F(UnreadAnswersTest, AcknowledgementsThatNobodyReadsAreBounded) {
  constexpr size_t kBytes = 4 << 20;
  RestartImpatient(kBytes);
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  v1::PutTraceSegmentsBatch batch;
  for (int i = 0; i < 2'000; ++i) batch.add_trace_segment_documents("{}");
  // Until the server ends the call.
  int written = 0;
  while (written < 10'000 && stream->Write(batch)) ++written;
  EXPECT_LT(written, 10'000);
  answers_->AwaitUsed(0);
  EXPECT_EQ(server_->unread_calls(), 1u);
  v1::PutTraceSegmentsAck ack;
  while (stream->Read(&ack)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(UnreadAnswersTest, WhatCannotBeAnsweredIsNotStored) {
  answers_ = std::make_shared<MemoryBudget>(1 << 20);
  Restart({.memory = std::make_shared<MemoryBudget>(64 << 20),
           .answers = answers_});
  std::vector<std::string> documents(5'000, "{}");
  documents.push_back(Document(kTraceId, "a1b2c3d4e5f60718"));
  v1::PutTraceSegmentsResponse response;
  grpc::Status status = Put(documents, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("memory.answers"));
  // In an acknowledged stream as well, and the stream goes on.
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  v1::PutTraceSegmentsBatch batch;
  for (const std::string& document : documents) {
    batch.add_trace_segment_documents(document);
  }
  ASSERT_TRUE(stream->Write(batch));
  v1::PutTraceSegmentsAck ack;
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(ack.error().has_retry_delay());
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  std::vector<v1::TraceChunk> chunks;
  ASSERT_TRUE(Stream(request, &chunks).ok());
  EXPECT_TRUE(chunks.empty());
  batch.clear_trace_segment_documents();
  batch.add_trace_segment_documents(documents.back());
  batch.add_trace_segment_documents("{}");
  ASSERT_TRUE(stream->Write(batch));
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.accepted_count(), 1);
  EXPECT_EQ(ack.unprocessed_trace_segments_size(), 1);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  answers_->AwaitUsed(0);
}

TEST_F(UnreadAnswersTest, OneLargeAnswerAtATimeLeavesRoomForSmallOnes) {
  // The trace is larger than all of it.
  RestartImpatient(8 << 20, absl::Hours(1));
  PutLargeTrace();
  PutOk({Document(TraceIdOf(7), "a1b2c3d4e5f60718")});
  answers_->AwaitUsed(0);
  v1::StreamTracesRequest large;
  large.add_trace_ids(kTraceId);
  v1::StreamTracesRequest small;
  small.add_trace_ids(TraceIdOf(7));
  grpc::ClientContext first_call;
  const auto first = stub_->StreamTraces(&first_call, large);
  v1::TraceChunk chunk;
  ASSERT_TRUE(first->Read(&chunk));
  std::vector<v1::TraceChunk> chunks;
  EXPECT_EQ(Stream(large, &chunks).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  const grpc::Status status = Stream(small, &chunks);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(chunks.size(), 1u);
  first_call.TryCancel();
  answers_->AwaitUsed(0);
  EXPECT_TRUE(Stream(large, &chunks).ok());
}

TEST_F(UnreadAnswersTest, ReadsHaveATimeOfTheirOwn) {
  Restart({.read_timeout = absl::ZeroDuration()});
  PutOk({Document(kTraceId, "a1b2c3d4e5f60718")});
  {
    v1::GetTraceSummariesResponse response;
    grpc::ClientContext call;
    EXPECT_EQ(
        stub_->GetTraceSummaries(&call, WholeRange(), &response).error_code(),
        grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  std::vector<v1::TraceChunk> chunks;
  EXPECT_EQ(Stream(request, &chunks).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
}

}  // namespace
}  // namespace roentgen::server
