// Reads over gRPC: traces, whole and in pieces, and summaries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "storage/engine/trace_engine.h"
#include "tests/server/rpc/grpc_server_fixture.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(GrpcServerTest, TracesThatHaveNoRoomFollowOnTheNextPage) {
  Restart({.memory = std::make_shared<MemoryBudget>(100'000)});
  v1::BatchGetTracesRequest request;
  for (int i = 0; i < 3; ++i) {
    PutOk({Document(TraceIdOf(i), "a1b2c3d4e5f60718", Filler(40'000))});
    request.add_trace_ids(TraceIdOf(i));
  }
  for (int i = 0; i < 3; ++i) {
    memory_->AwaitUsed(0);
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

// They are copied to be mended, and both are there for a moment. What is text
// needs no copy.
TEST_F(GrpcServerTest, OriginalsAreMendedWhereThereIsRoomForBoth) {
  constexpr size_t kBadBytes = 10'000;
  Restart({.memory = std::make_shared<MemoryBudget>(1'000'000)});
  const auto stored = [&](int trace, const std::string& bytes) {
    storage::NewRecord record = testing_support::Record(
        Document(TraceIdOf(trace), "a1b2c3d4e5f60718", Filler(bytes.size())));
    std::string& text = record.document;
    text.replace(text.find("xxx"), bytes.size(), bytes);
    std::vector<storage::NewRecord> records;
    records.push_back(std::move(record));
    ASSERT_TRUE(storage::WriteAndWait(memory_engine_, std::move(records)).ok());
  };
  stored(1, std::string(kBadBytes, '\xff'));
  stored(2, std::string(3 * kBadBytes, 'x'));
  const auto read = [&](int trace, std::vector<v1::TraceChunk>* chunks) {
    v1::StreamTracesRequest request;
    request.add_trace_ids(TraceIdOf(trace));
    request.set_document_form(v1::DOCUMENT_FORM_ORIGINAL);
    return Stream(request, chunks);
  };
  // Room for the answer, not for what it is made of.
  MemoryLease others(memory_);
  ASSERT_TRUE(others.GrowTo(1'000'000 - 7 * kBadBytes / 2));
  std::vector<v1::TraceChunk> chunks;
  const grpc::Status status = read(1, &chunks);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(chunks.empty());
  EXPECT_TRUE(read(2, &chunks).ok());
  memory_->AwaitUsed(others.bytes());
  others.ShrinkTo(1'000'000 - 5 * kBadBytes);
  chunks.clear();
  ASSERT_TRUE(read(1, &chunks).ok());
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_THAT(chunks[0].segments(0).document(),
              HasSubstr("\xEF\xBF\xBD\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace roentgen::server
