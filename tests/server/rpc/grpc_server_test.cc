// The gRPC server over the in-memory engine, through real sockets.
#include "server/rpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "roentgen/rpc/status.pb.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/account/trace_retrieval.h"
#include "server/xray/operations/api_functions.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/server/rpc/gated_engine.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kTraceId[] = "1-66f01000-0123456789abcdef01234567";

std::string TraceIdOf(int n) {
  std::string digits = std::to_string(n);
  return "1-66f01000-" + std::string(24 - digits.size(), '0') + digits;
}

std::string Document(const std::string& trace_id, const std::string& id,
                     const std::string& extra = "") {
  return R"({"name":"shop","id":")" + id + R"(","trace_id":")" + trace_id +
         R"(","start_time":1727008768.1,"end_time":1727008768.35)" + extra +
         "}";
}

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() { Restart({}); }
  ~GrpcServerTest() override { server_.reset(); }

  void Restart(GrpcServerOptions options) { Restart(queries_, options); }
  void Restart(query::TraceQueries& queries, GrpcServerOptions options) {
    server_.reset();
    options.listen = {"127.0.0.1:0"};
    memory_ = options.memory;
    server_ =
        std::make_unique<GrpcServer>(GrpcBackends{.queries = queries,
                                                  .graphs = graphs_,
                                                  .groups = *groups_,
                                                  .ingest = ingest_,
                                                  .span_ingest = span_ingest_,
                                                  .functions = functions_,
                                                  .retrievals = *retrievals_,
                                                  .spans = spans_},
                                     options);
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    channel_ = grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(server_->ports().at(0)),
        grpc::InsecureChannelCredentials());
    stub_ = v1::TraceService::NewStub(channel_);
  }

  grpc::Status Put(const std::vector<std::string>& documents,
                   v1::PutTraceSegmentsResponse* response) {
    v1::PutTraceSegmentsRequest request;
    for (const std::string& d : documents) {
      request.add_trace_segment_documents(d);
    }
    grpc::ClientContext call;
    return stub_->PutTraceSegments(&call, request, response);
  }
  void PutOk(const std::vector<std::string>& documents) {
    v1::PutTraceSegmentsResponse response;
    const grpc::Status status = Put(documents, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.unprocessed_trace_segments_size(), 0);
  }

  grpc::Status Stream(const v1::StreamTracesRequest& request,
                      std::vector<v1::TraceChunk>* chunks) {
    grpc::ClientContext call;
    const auto reader = stub_->StreamTraces(&call, request);
    v1::TraceChunk chunk;
    while (reader->Read(&chunk)) chunks->push_back(chunk);
    return reader->Finish();
  }

  static v1::GetTraceSummariesRequest WholeRange() {
    v1::GetTraceSummariesRequest request;
    request.mutable_start_time()->set_seconds(1727000000);
    request.mutable_end_time()->set_seconds(1728000000);
    return request;
  }

  storage::MemoryEngine memory_engine_{SystemClock(), absl::Hours(720)};
  GatedEngine engine_{memory_engine_};
  query::TraceQueries queries_{engine_, {}};
  query::SpanSearch spans_{engine_, SystemClock()};
  query::ServiceGraphs graphs_{engine_, {}};
  storage::MemorySettings settings_;
  std::unique_ptr<query::GroupCatalog> groups_ = *query::GroupCatalog::Open(
      settings_, {.check_filter = {}, .random = [] { return uint64_t{0}; }});
  IngestPipeline ingest_{engine_};
  SpanPipeline span_ingest_{engine_, SystemClock(), {}};
  const ApiFunctions functions_;
  std::unique_ptr<TraceRetrieval> retrievals_ = *TraceRetrieval::Open(
      settings_, queries_, graphs_, {.random = [] { return uint64_t{0}; }});
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TraceService::Stub> stub_;
};

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

// A member that makes a document so much longer.
std::string Filler(size_t bytes) {
  return R"(,"metadata":{"default":{"x":")" + std::string(bytes, 'x') +
         R"("}})";
}

TEST_F(GrpcServerTest, TracesThatHaveNoRoomFollowOnTheNextPage) {
  Restart({.memory = std::make_shared<MemoryBudget>(100'000)});
  v1::BatchGetTracesRequest request;
  for (int i = 0; i < 3; ++i) {
    PutOk({Document(TraceIdOf(i), "a1b2c3d4e5f60718", Filler(40'000))});
    request.add_trace_ids(TraceIdOf(i));
  }
  for (int i = 0; i < 3; ++i) {
    while (memory_->used() != 0) std::this_thread::yield();
    v1::BatchGetTracesResponse page;
    grpc::ClientContext call;
    const grpc::Status status = stub_->BatchGetTraces(&call, request, &page);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(page.traces_size(), 1);
    EXPECT_EQ(page.traces(0).id(), TraceIdOf(i));
    EXPECT_EQ(page.next_token().empty(), i == 2);
    request.set_next_token(page.next_token());
  }
  request.set_next_token("0.0.0-1");
  v1::BatchGetTracesResponse page;
  grpc::ClientContext call;
  const grpc::Status status = stub_->BatchGetTraces(&call, request, &page);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "NextToken is currently not supported");
}

TEST_F(GrpcServerTest, TracesThatCannotBeReadAreNamed) {
  query::TraceQueries small(engine_, {.memory_bytes_max = 30'000});
  Restart(small, {});
  PutOk({Document(TraceIdOf(1), "a1b2c3d4e5f60718", Filler(50'000)),
         Document(TraceIdOf(2), "a1b2c3d4e5f60718")});
  v1::BatchGetTracesRequest request;
  request.add_trace_ids(TraceIdOf(1));
  request.add_trace_ids(TraceIdOf(2));
  v1::BatchGetTracesResponse response;
  grpc::ClientContext call;
  const grpc::Status status = stub_->BatchGetTraces(&call, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.traces_size(), 1);
  EXPECT_EQ(response.traces(0).id(), TraceIdOf(2));
  EXPECT_THAT(response.unprocessed_trace_ids(), ElementsAre(TraceIdOf(1)));
  server_.reset();  // It reads from `small`.
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

TEST_F(GrpcServerTest, StreamTracesCutsLargeTracesAndSkipsUnknownIds) {
  // 80 documents of 60 kB: more than four messages of 1 MiB.
  const std::string filler =
      R"(,"metadata":{"default":{"x":")" + std::string(60'000, 'x') + R"("}})";
  for (int i = 0; i < 80; ++i) {
    const std::string digits = std::to_string(1000 + i);
    PutOk({Document(kTraceId, "a1b2c3d4e5f6" + digits, filler)});
  }
  PutOk({Document(TraceIdOf(5), "a1b2c3d4e5f60718")});
  v1::StreamTracesRequest request;
  request.add_trace_ids(TraceIdOf(404));
  request.add_trace_ids("66f010000123456789abcdef01234567");
  request.add_trace_ids(TraceIdOf(5));
  std::vector<v1::TraceChunk> chunks;
  const grpc::Status status = Stream(request, &chunks);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_GE(chunks.size(), 6u);
  size_t segments = 0;
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].trace_id(), kTraceId);
    EXPECT_EQ(chunks[i].last(), i + 2 == chunks.size());
    EXPECT_EQ(chunks[i].has_duration(), i == 0);
    EXPECT_LE(chunks[i].ByteSizeLong(), 1'200'000u);
    segments += static_cast<size_t>(chunks[i].segments_size());
  }
  EXPECT_EQ(segments, 80u);
  EXPECT_EQ(chunks.back().trace_id(), TraceIdOf(5));
  EXPECT_TRUE(chunks.back().last());
}

TEST_F(GrpcServerTest, OriginalFormGivesTheBytesThatWereSent) {
  const std::string odd =
      "{ \"name\" : \"shop\",\"id\":\"a1b2c3d4e5f60718\",\"trace_id\":\"" +
      std::string(kTraceId) +
      "\",\"start_time\":1.727008768e9,\"end_time\":1727008769,\"zzz\":1 }";
  PutOk({odd});
  PutOk({odd});
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  request.set_document_form(v1::DOCUMENT_FORM_ORIGINAL);
  std::vector<v1::TraceChunk> chunks;
  ASSERT_TRUE(Stream(request, &chunks).ok());
  ASSERT_EQ(chunks.size(), 1u);
  ASSERT_EQ(chunks[0].segments_size(), 2);
  EXPECT_EQ(chunks[0].segments(0).document(), odd);
  EXPECT_GT(chunks[0].segments(0).receive_time().seconds(), 1'600'000'000);
}

// Whether they are UTF-8 or not.
TEST_F(GrpcServerTest, OriginalFormMendsNothing) {
  const std::string odd =
      "{\"name\":\"sh\xFFop\",\"id\":\"a1b2c3d4e5f60718\",\"trace_id\":\"" +
      std::string(kTraceId) +
      "\",\"start_time\":1.727008768e9,\"end_time\":1727008769}";
  PutOk({odd});
  v1::StreamTracesRequest request;
  request.add_trace_ids(kTraceId);
  for (const auto form :
       {v1::DOCUMENT_FORM_ORIGINAL, v1::DOCUMENT_FORM_PROCESSED}) {
    request.set_document_form(form);
    std::vector<v1::TraceChunk> chunks;
    ASSERT_TRUE(Stream(request, &chunks).ok());
    ASSERT_EQ(chunks.size(), 1u);
    ASSERT_EQ(chunks[0].segments_size(), 1);
    const std::string& document = chunks[0].segments(0).document();
    if (form == v1::DOCUMENT_FORM_ORIGINAL) {
      EXPECT_EQ(document, odd);
    } else {
      EXPECT_EQ(document.find('\xFF'), std::string::npos);
    }
  }
}

TEST_F(GrpcServerTest, StreamTracesChecksItsIds) {
  const auto refusal = [&](const std::vector<std::string>& ids) {
    v1::StreamTracesRequest request;
    for (const std::string& id : ids) request.add_trace_ids(id);
    std::vector<v1::TraceChunk> chunks;
    const grpc::Status status = Stream(request, &chunks);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  EXPECT_EQ(refusal({}), "Zero trace ids provided");
  EXPECT_EQ(refusal({"nonsense"}),
            "Invalid trace id nonsense: incorrect id format");
  EXPECT_EQ(refusal({kTraceId, kTraceId}), "Containing duplicate trace ids");
  EXPECT_EQ(refusal(std::vector<std::string>(1001, kTraceId)),
            "Exceeding maximum query size: 1000");
}

// Of an annotation: 2^53 and its neighbours.
TEST_F(GrpcServerTest, IntegersThatNoDoubleHoldsAreExact) {
  std::string document = Document(kTraceId, "a1b2c3d4e5f60718");
  document.insert(1, R"("annotations":{"a":9007199254740992,)"
                     R"("b":9007199254740993,"c":-9007199254740993,"d":0.5},)");
  PutOk({document});
  v1::GetTraceSummariesResponse page;
  grpc::ClientContext call;
  ASSERT_TRUE(stub_->GetTraceSummaries(&call, WholeRange(), &page).ok());
  ASSERT_EQ(page.trace_summaries_size(), 1);
  const auto value = [&](const std::string& key) {
    return page.trace_summaries(0)
        .annotations()
        .at(key)
        .values(0)
        .annotation_value();
  };
  EXPECT_FALSE(value("a").has_exact_integer());
  EXPECT_EQ(value("a").number_value(), 9007199254740992.0);
  EXPECT_EQ(value("b").exact_integer(), 9007199254740993);
  EXPECT_EQ(value("c").exact_integer(), -9007199254740993);
  EXPECT_FALSE(value("d").has_exact_integer());
}

TEST_F(GrpcServerTest, SummariesPageByPageEqualTheStream) {
  std::vector<std::string> documents;
  for (int i = 0; i < 250; ++i) {
    documents.push_back(Document(TraceIdOf(i), "a1b2c3d4e5f60718"));
  }
  PutOk(documents);
  std::vector<std::string> paged;
  v1::GetTraceSummariesRequest request = WholeRange();
  do {
    v1::GetTraceSummariesResponse page;
    grpc::ClientContext call;
    ASSERT_TRUE(stub_->GetTraceSummaries(&call, request, &page).ok());
    for (const auto& summary : page.trace_summaries()) {
      paged.push_back(summary.id());
    }
    request.set_next_token(page.next_token());
  } while (!request.next_token().empty());

  std::vector<std::string> streamed;
  grpc::ClientContext call;
  const auto reader = stub_->StreamTraceSummaries(&call, WholeRange());
  v1::GetTraceSummariesResponse page;
  while (reader->Read(&page)) {
    for (const auto& summary : page.trace_summaries()) {
      streamed.push_back(summary.id());
    }
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_EQ(paged.size(), 250u);
  EXPECT_EQ(paged, streamed);
}

TEST_F(GrpcServerTest, SummariesNameWhatIsWrong) {
  const auto refusal = [&](const v1::GetTraceSummariesRequest& request) {
    v1::GetTraceSummariesResponse response;
    grpc::ClientContext call;
    const grpc::Status status =
        stub_->GetTraceSummaries(&call, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  v1::GetTraceSummariesRequest request;
  EXPECT_EQ(refusal(request), "start_time: missing");
  request = WholeRange();
  request.mutable_end_time()->set_seconds(1);
  EXPECT_EQ(refusal(request), "End time cannot be earlier than start time");
  request = WholeRange();
  request.mutable_start_time()->set_nanos(-1);
  EXPECT_THAT(refusal(request), HasSubstr("start_time.nanos"));
  request = WholeRange();
  request.mutable_start_time()->set_seconds(INT64_MAX);
  EXPECT_THAT(refusal(request), HasSubstr("start_time.seconds"));
  request = WholeRange();
  request.set_next_token("zzz");
  EXPECT_EQ(refusal(request), "Invalid token zzz");
  request = WholeRange();
  request.set_filter_expression("fault AND");
  EXPECT_THAT(refusal(request), HasSubstr("line 1, position 10"));
}

TEST_F(GrpcServerTest, TooManyBytesInFlightAreRefusedWithARetryHint) {
  Restart({.memory = std::make_shared<MemoryBudget>(4096)});
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
  while (memory_->used() != 0) std::this_thread::yield();
}

TEST_F(GrpcServerTest, MessagesOverTheLimitAreRefused) {
  // By gRPC, and between the two limits by the call.
  for (const size_t otlp : {size_t{1'000}, size_t{100'000}}) {
    Restart({.message_bytes_max = 10'000, .otlp_request_bytes_max = otlp});
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
  while (memory_->used() != 0) std::this_thread::yield();
}

TEST(GrpcServerStartTest, SaysWhichAddressIsTaken) {
  storage::MemoryEngine engine(SystemClock(), absl::Hours(720));
  query::TraceQueries queries(engine, {});
  const query::SpanSearch spans(engine, SystemClock());
  IngestPipeline ingest(engine);
  SpanPipeline span_ingest(engine, SystemClock(), {});
  const query::ServiceGraphs graphs(engine, {});
  storage::MemorySettings settings;
  const auto groups = *query::GroupCatalog::Open(
      settings, {.check_filter = {}, .random = [] { return uint64_t{0}; }});
  const ApiFunctions functions;
  const auto retrievals = *TraceRetrieval::Open(
      settings, queries, graphs, {.random = [] { return uint64_t{0}; }});
  const GrpcBackends backends{.queries = queries,
                              .graphs = graphs,
                              .groups = *groups,
                              .ingest = ingest,
                              .span_ingest = span_ingest,
                              .functions = functions,
                              .retrievals = *retrievals,
                              .spans = spans};
  GrpcServer first(backends, {.listen = {"127.0.0.1:0"}});
  ASSERT_TRUE(first.Start().ok());
  const std::string taken = "127.0.0.1:" + std::to_string(first.ports()[0]);
  GrpcServer second(backends, {.listen = {taken}});
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(taken));
}

}  // namespace
}  // namespace roentgen::server
