// The gRPC server: puts, limits, its health, its end.
#include "server/rpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roentgen/rpc/status.pb.h"
#include "tests/server/rpc/grpc_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST_F(GrpcServerTest, PutReportsPerDocumentAndKeepsTheRest) {
  v1::PutTraceSegmentsResponse response;
  const grpc::Status status = Put({Document(kTraceId, "a1b2c3d4e5f60718"), "{",
                                   R"({"name":"x","id":"b1b2c3d4e5f60718"})"},
                                  &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.unprocessed_trace_segments_size(), 2);
  EXPECT_FALSE(response.unprocessed_trace_segments(0).has_id());
  EXPECT_EQ(response.unprocessed_trace_segments(0).error_code(), "ParseError");
  EXPECT_EQ(response.unprocessed_trace_segments(1).id(), "b1b2c3d4e5f60718");

  v1::BatchGetTracesRequest request;
  request.add_trace_ids(kTraceId);
  v1::BatchGetTracesResponse traces;
  grpc::ClientContext call;
  ASSERT_TRUE(stub_->BatchGetTraces(&call, request, &traces).ok());
  ASSERT_EQ(traces.traces_size(), 1);
  EXPECT_EQ(traces.traces(0).id(), kTraceId);
  EXPECT_EQ(traces.traces(0).duration().nanos(), 250'000'000);
  ASSERT_EQ(traces.traces(0).segments_size(), 1);
  EXPECT_EQ(traces.traces(0).segments(0).document(),
            Document(kTraceId, "a1b2c3d4e5f60718"));
}

TEST_F(GrpcServerTest, EveryCallIsToldToTheObserver) {
  Mutex mu;
  std::vector<std::string> seen;
  Restart({.on_call = [&](const GrpcExchange& exchange) {
    MutexLock lock(mu);
    EXPECT_GT(exchange.duration, absl::ZeroDuration());
    seen.push_back(exchange.method + " " + std::to_string(exchange.code));
  }});
  PutOk({Document(kTraceId, "a1b2c3d4e5f60718")});
  v1::PutTraceSegmentsResponse response;
  EXPECT_FALSE(Put({}, &response).ok());
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  std::vector<v1::TraceChunk> chunks;
  EXPECT_TRUE(Stream(request, &chunks).ok());
  server_->Drain(absl::InfiniteFuture());
  MutexLock lock(mu);
  EXPECT_THAT(seen,
              testing::ElementsAre("PutTraceSegments 0", "PutTraceSegments 3",
                                   "StreamTraces 0"));
}

TEST_F(GrpcServerTest, EmptyPutIsRefusedWithTheAwsName) {
  v1::PutTraceSegmentsResponse response;
  const grpc::Status status = Put({}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "Segments can not be empty");
  EXPECT_THAT(status.error_details(), HasSubstr("InvalidRequestException"));
}

TEST_F(GrpcServerTest, EngineErrorsReachTheCaller) {
  engine_.FailWrites(absl::ResourceExhaustedError("queue full"));
  v1::PutTraceSegmentsResponse response;
  const grpc::Status status =
      Put({Document(kTraceId, "a1b2c3d4e5f60718")}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "queue full");
}

TEST_F(GrpcServerTest, ClientStreamAnswersOnceWithCounts) {
  v1::StreamTraceSegmentsResponse response;
  grpc::ClientContext call;
  const auto writer = stub_->StreamTraceSegments(&call, &response);
  for (int i = 0; i < 40; ++i) {
    v1::PutTraceSegmentsRequest request;
    request.add_trace_segment_documents(
        Document(TraceIdOf(i), "a1b2c3d4e5f60718"));
    request.add_trace_segment_documents("not json");
    ASSERT_TRUE(writer->Write(request));
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.accepted_count(), 40);
  EXPECT_EQ(response.unprocessed_count(), 40);
  EXPECT_EQ(response.unprocessed_trace_segments_size(), 40);
}

TEST_F(GrpcServerTest, AckedStreamAcksInOrderOfDurability) {
  engine_.Hold();
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  for (uint64_t id : {7, 8, 9}) {
    v1::PutTraceSegmentsBatch batch;
    batch.set_batch_id(id);
    batch.add_trace_segment_documents(
        Document(TraceIdOf(static_cast<int>(id)), "a1b2c3d4e5f60718"));
    ASSERT_TRUE(stream->Write(batch));
  }
  engine_.WaitForHeld(3);
  std::vector<uint64_t> order;
  for (size_t index : {1, 1, 0}) {
    engine_.Release(index);
    v1::PutTraceSegmentsAck ack;
    ASSERT_TRUE(stream->Read(&ack));
    EXPECT_EQ(ack.accepted_count(), 1);
    order.push_back(ack.batch_id());
  }
  EXPECT_THAT(order, ElementsAre(8, 9, 7));
  stream->WritesDone();
  v1::PutTraceSegmentsAck ack;
  EXPECT_FALSE(stream->Read(&ack));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, AckedStreamStaysOpenAfterAFailedBatch) {
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  v1::PutTraceSegmentsBatch batch;
  batch.set_batch_id(1);
  ASSERT_TRUE(stream->Write(batch));  // No documents.
  v1::PutTraceSegmentsAck ack;
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.batch_id(), 1u);
  EXPECT_EQ(ack.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ack.error().reason(), "InvalidRequestException");
  batch.set_batch_id(2);
  batch.add_trace_segment_documents(Document(kTraceId, "a1b2c3d4e5f60718"));
  ASSERT_TRUE(stream->Write(batch));
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.batch_id(), 2u);
  EXPECT_FALSE(ack.has_error());
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, TooManyBytesInFlightAreRefusedWithARetryHint) {
  Restart({.memory = std::make_shared<MemoryBudget>(6000)});
  engine_.Hold();
  const std::string document =
      Document(kTraceId, "a1b2c3d4e5f60718", Filler(3'000));
  auto first = std::async(std::launch::async, [&] {
    v1::PutTraceSegmentsResponse response;
    return Put({document}, &response).ok();
  });
  engine_.WaitForHeld(1);
  v1::PutTraceSegmentsResponse response;
  const grpc::Status status = Put({document}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_details(), HasSubstr("google.rpc.RetryInfo"));
  engine_.Release(0);
  EXPECT_TRUE(first.get());
  // The first one gave its bytes back.
  memory_->AwaitUsed(0);
}

TEST_F(GrpcServerTest, MessagesOverTheLimitAreRefused) {
  // By gRPC, and between the two limits by the call.
  for (const size_t otlp : {size_t{1'000}, size_t{100'000}}) {
    Restart({}, 10'000, otlp);
    v1::PutTraceSegmentsResponse response;
    const grpc::Status status = Put({std::string(20'000, 'x')}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(status.error_details(), Not(HasSubstr("RetryInfo")));
  }
}

TEST_F(GrpcServerTest, PutHonoursTheDeadlineOfTheCall) {
  engine_.Hold();
  v1::PutTraceSegmentsRequest request;
  request.add_trace_segment_documents(Document(kTraceId, "a1b2c3d4e5f60718"));
  grpc::ClientContext call;
  call.set_deadline(absl::ToChronoTime(SystemClock().Now().ToTime() +
                                       absl::Milliseconds(50)));
  v1::PutTraceSegmentsResponse response;
  EXPECT_EQ(stub_->PutTraceSegments(&call, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  engine_.WaitForHeld(1);
  engine_.Release(0);  // The late answer goes nowhere and harms nothing.
}

// grpc.health.v1.Health/Check of one service or the whole server, as bytes.
std::string CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                        const std::string& service = "") {
  grpc::GenericStub stub(channel);
  grpc::ClientContext call;
  const grpc::Slice name(
      service.empty()
          ? ""
          : "\x0a" + std::string(1, static_cast<char>(service.size())) +
                service);
  const grpc::ByteBuffer request(&name, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> promise;
  stub.UnaryCall(&call, "/grpc.health.v1.Health/Check", grpc::StubOptions(),
                 &request, &response,
                 [&](grpc::Status s) { promise.set_value(std::move(s)); });
  const grpc::Status status = promise.get_future().get();
  if (!status.ok()) return "error: " + status.error_message();
  grpc::Slice slice;
  if (!response.DumpToSingleSlice(&slice).ok()) return "no slice";
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

TEST_F(GrpcServerTest, HealthFollowsServing) {
  const std::string otlp =
      "opentelemetry.proto.collector.trace.v1.TraceService";
  EXPECT_EQ(CheckHealth(channel_), std::string("\x08\x01"));
  EXPECT_EQ(CheckHealth(channel_, otlp), std::string("\x08\x01"));
  server_->SetServing(false);
  EXPECT_EQ(CheckHealth(channel_), std::string("\x08\x02"));
  EXPECT_EQ(CheckHealth(channel_, otlp), std::string("\x08\x02"));
  server_->SetServing(true);
  EXPECT_EQ(CheckHealth(channel_), std::string("\x08\x01"));
}

TEST_F(GrpcServerTest, DrainAcksWhatWasTakenAndEndsTheStream) {
  engine_.Hold();
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  v1::PutTraceSegmentsBatch batch;
  batch.set_batch_id(3);
  batch.add_trace_segment_documents(Document(kTraceId, "a1b2c3d4e5f60718"));
  ASSERT_TRUE(stream->Write(batch));
  engine_.WaitForHeld(1);

  auto drained = std::async(std::launch::async, [&] {
    const absl::Time begin = SystemClock().Now().ToTime();
    server_->Drain(begin + absl::Seconds(60));
    return SystemClock().Now().ToTime() - begin;
  });
  engine_.Release(0);
  v1::PutTraceSegmentsAck ack;
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.batch_id(), 3u);
  EXPECT_FALSE(ack.has_error());
  // The stream ends although the client never half-closed it.
  EXPECT_FALSE(stream->Read(&ack));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_LT(drained.get(), absl::Seconds(30));
}

// A batch that comes while the server leaves is not acknowledged, and the
// stream says that it did not end well.
TEST_F(GrpcServerTest, DrainNeverEndsAStreamWellWithoutItsAcks) {
  engine_.Hold();
  grpc::ClientContext call;
  const auto stream = stub_->PutTraceSegmentsAcked(&call);
  v1::PutTraceSegmentsBatch batch;
  batch.set_batch_id(1);
  batch.add_trace_segment_documents(Document(kTraceId, "a1b2c3d4e5f60718"));
  ASSERT_TRUE(stream->Write(batch));
  engine_.WaitForHeld(1);
  auto drained = std::async(std::launch::async, [&] {
    server_->Drain(SystemClock().Now().ToTime() + absl::Seconds(60));
  });
  // New calls are refused once it has begun.
  v1::PutTraceSegmentsResponse response;
  grpc::Status refused;
  do {
    refused = Put({}, &response);
  } while (refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  batch.set_batch_id(2);
  stream->Write(batch);  // It may have ended.
  engine_.Release(0);
  v1::PutTraceSegmentsAck ack;
  ASSERT_TRUE(stream->Read(&ack));
  EXPECT_EQ(ack.batch_id(), 1u);
  EXPECT_FALSE(stream->Read(&ack));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  drained.get();
}

TEST_F(GrpcServerTest, CancelledStreamsGiveEverythingBack) {
  Restart({.memory = std::make_shared<MemoryBudget>(1 << 20)});
  engine_.Hold();
  {
    grpc::ClientContext call;
    const auto stream = stub_->PutTraceSegmentsAcked(&call);
    v1::PutTraceSegmentsBatch batch;
    batch.add_trace_segment_documents(Document(kTraceId, "a1b2c3d4e5f60718"));
    ASSERT_TRUE(stream->Write(batch));
    engine_.WaitForHeld(1);
    call.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  engine_.Release(0);
  memory_->AwaitUsed(0);
}

TEST(GrpcServerStartTest, SaysWhichAddressIsTaken) {
  WorkerPool workers{WorkerPool::Options()};
  const CallLimits calls{&SystemClock(), limits::kQueryMemoryBytes};
  GrpcServer first(workers, calls, {.listen = {{"127.0.0.1", 0}}});
  ASSERT_TRUE(first.Start().ok());
  const ListenAddress taken = first.addresses()[0];
  GrpcServer second(workers, calls, {.listen = {taken}});
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(taken.ToString()));
}

}  // namespace
}  // namespace roentgen::server
