// Jaeger's storage API and its query API, through a real socket.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "jaeger/api_v3/query_service.grpc.pb.h"
#include "jaeger/storage/v2/capabilities.grpc.pb.h"
#include "jaeger/storage/v2/dependency_storage.grpc.pb.h"
#include "jaeger/storage/v2/trace_storage.grpc.pb.h"
#include "tests/server/v1/api_fixture.h"
#include "tests/support/spans.h"

namespace roentgen::server {
namespace {

namespace v2 = jaeger::storage::v2;
namespace v3 = jaeger::api_v3;
using opentelemetry::proto::trace::v1::TracesData;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using testing_support::SpanSpec;

constexpr int64_t kSecond = 1'700'000'000;

std::string IdBytes(uint64_t trace) {
  return std::string(
      testing_support::Record({.trace = trace}).trace_id.AsBytes());
}

class JaegerServiceTest : public ApiFixture {
 protected:
  void Write(const std::vector<SpanSpec>& specs) {
    std::vector<storage::NewRecord> records;
    for (const SpanSpec& spec : specs) {
      records.push_back(testing_support::Record(spec));
    }
    ASSERT_TRUE(storage::WriteAndWait(engine_, std::move(records),
                                      storage::Durability::kSynced)
                    .ok());
  }

  // Chunks of all that comes; each must be of one trace and not empty.
  template <typename Reader>
  grpc::Status ReadAll(Reader& reader, std::vector<TracesData>& chunks) {
    TracesData chunk;
    while (reader->Read(&chunk)) {
      std::set<std::string> traces;
      size_t spans = 0;
      for (const auto& resource : chunk.resource_spans()) {
        for (const auto& scope : resource.scope_spans()) {
          for (const auto& span : scope.spans()) {
            traces.insert(span.trace_id());
            ++spans;
          }
        }
      }
      EXPECT_EQ(traces.size(), 1u);
      EXPECT_GT(spans, 0u);
      chunks.push_back(chunk);
    }
    return reader->Finish();
  }

  // Traces in the order of their first chunk, and how many spans each has.
  static std::vector<std::pair<std::string, size_t>> SpansOf(
      const std::vector<TracesData>& chunks) {
    std::vector<std::pair<std::string, size_t>> out;
    for (const TracesData& chunk : chunks) {
      for (const auto& resource : chunk.resource_spans()) {
        for (const auto& scope : resource.scope_spans()) {
          for (const auto& span : scope.spans()) {
            if (out.empty() || out.back().first != span.trace_id()) {
              out.emplace_back(span.trace_id(), 0);
            }
            ++out.back().second;
          }
        }
      }
    }
    return out;
  }

  std::vector<std::string> Find(const v2::TraceQueryParameters& query) {
    const auto stub = v2::TraceReader::NewStub(channel_);
    v2::FindTracesRequest request;
    *request.mutable_query() = query;
    grpc::ClientContext call;
    auto reader = stub->FindTraces(&call, request);
    std::vector<TracesData> chunks;
    EXPECT_TRUE(ReadAll(reader, chunks).ok());
    std::vector<std::string> ids;
    for (const auto& [id, spans] : SpansOf(chunks)) ids.push_back(id);
    return ids;
  }
};

TEST_F(JaegerServiceTest, UnknownIdsAreSkippedAndWholeTracesCome) {
  Start();
  Write({{.trace = 1, .id = 1}, {.trace = 1, .id = 2}, {.trace = 2}});
  const auto stub = v2::TraceReader::NewStub(channel_);
  v2::GetTracesRequest request;
  for (const uint64_t trace : {uint64_t{2}, uint64_t{9}, uint64_t{1}}) {
    request.add_query()->set_trace_id(IdBytes(trace));
  }
  grpc::ClientContext call;
  auto reader = stub->GetTraces(&call, request);
  std::vector<TracesData> chunks;
  EXPECT_TRUE(ReadAll(reader, chunks).ok());
  EXPECT_THAT(SpansOf(chunks), ElementsAre(std::pair(IdBytes(2), 1u),
                                           std::pair(IdBytes(1), 2u)));
}

TEST_F(JaegerServiceTest, NothingStoredIsAnEmptyStreamButNotFoundInV3) {
  Start();
  v2::GetTracesRequest request;
  request.add_query()->set_trace_id(IdBytes(5));
  grpc::ClientContext call;
  auto reader = v2::TraceReader::NewStub(channel_)->GetTraces(&call, request);
  std::vector<TracesData> chunks;
  EXPECT_TRUE(ReadAll(reader, chunks).ok());
  EXPECT_TRUE(chunks.empty());

  v3::GetTraceRequest one;
  one.set_trace_id("5");
  grpc::ClientContext v3_call;
  auto v3_reader = v3::QueryService::NewStub(channel_)->GetTrace(&v3_call, one);
  EXPECT_EQ(ReadAll(v3_reader, chunks).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(JaegerServiceTest, BadRequestsAreRefused) {
  Start();
  const auto stub = v2::TraceReader::NewStub(channel_);
  v2::GetTracesRequest request;
  request.add_query()->set_trace_id("short");
  grpc::ClientContext call;
  auto reader = stub->GetTraces(&call, request);
  std::vector<TracesData> chunks;
  EXPECT_EQ(ReadAll(reader, chunks).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  v2::FindTracesRequest filtered;
  filtered.mutable_query()->mutable_filter()->set_op("and");
  grpc::ClientContext find;
  auto found = stub->FindTraces(&find, filtered);
  EXPECT_EQ(ReadAll(found, chunks).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  grpc::ClientContext v3_call;  // Without times.
  auto v3_reader =
      v3::QueryService::NewStub(channel_)->FindTraces(&v3_call, {});
  EXPECT_EQ(ReadAll(v3_reader, chunks).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(JaegerServiceTest, SearchesByEveryMember) {
  Start();
  Write({{.trace = 1,
          .name = "GET /a",
          .start = kSecond,
          .seconds = 1,
          .attributes = {{"color", "red"}},
          .service = "a"},
         {.trace = 2,
          .name = "GET /b",
          .start = kSecond + 10,
          .seconds = 3,
          .attributes = {{"color", "red"}},
          .service = "b"},
         {.trace = 3, .start = kSecond + 20, .seconds = 5, .service = "a"}});
  v2::TraceQueryParameters query;
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(3), IdBytes(2), IdBytes(1)));
  query.set_service_name("a");
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(3), IdBytes(1)));
  query.set_operation_name("GET /a");
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(1)));
  query.Clear();
  auto* color = query.add_attributes();
  color->set_key("color");
  color->mutable_value()->set_string_value("red");
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(2), IdBytes(1)));
  query.mutable_duration_max()->set_seconds(1);
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(1)));
  query.Clear();
  query.mutable_start_time_min()->set_seconds(kSecond + 10);
  query.mutable_start_time_max()->set_seconds(kSecond + 10);
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(2)));
  query.Clear();
  query.set_search_depth(2);
  EXPECT_THAT(Find(query), ElementsAre(IdBytes(3), IdBytes(2)));
}

// A tag that is a member of spans, not an attribute.
TEST_F(JaegerServiceTest, SearchesByMembersOfSpans) {
  Start();
  Write({{.trace = 1, .kind = 2, .start = kSecond, .status = 2, .service = "a"},
         {.trace = 2, .kind = 3, .start = kSecond + 10, .service = "a"},
         {.trace = 2,
          .id = 2,
          .kind = 2,
          .start = kSecond,
          .status = 2,
          .service = "b"}});
  const auto found = [this](const char* key, const auto& set_value) {
    v2::TraceQueryParameters query;
    query.set_service_name("a");
    auto* attribute = query.add_attributes();
    attribute->set_key(key);
    set_value(*attribute->mutable_value());
    return Find(query);
  };
  const auto text = [](const char* value) {
    return [value](auto& out) { out.set_string_value(value); };
  };
  EXPECT_THAT(found("error", text("true")), ElementsAre(IdBytes(1)));
  EXPECT_THAT(found("error", [](auto& out) { out.set_bool_value(true); }),
              ElementsAre(IdBytes(1)));
  EXPECT_THAT(found("error", text("false")), ElementsAre(IdBytes(2)));
  EXPECT_THAT(found("span.kind", text("server")), ElementsAre(IdBytes(1)));
  EXPECT_THAT(found("span.kind", text("client")), ElementsAre(IdBytes(2)));
  EXPECT_THAT(found("otel.status_code", text("ERROR")),
              ElementsAre(IdBytes(1)));
}

TEST_F(JaegerServiceTest, ALargeTraceComesInConsecutiveChunks) {
  trace_chunk_bytes_max_ = 4'096;
  Start();
  std::vector<SpanSpec> specs;
  for (uint64_t id = 1; id <= 500; ++id) {
    specs.push_back({.trace = 1 + id % 2, .id = id, .start = kSecond});
  }
  // Larger than a chunk alone.
  specs.push_back({.trace = 1,
                   .id = 501,
                   .attributes = {{"text", std::string(10'000, 'x')}}});
  Write(specs);
  v2::FindTracesRequest request;
  grpc::ClientContext call;
  auto reader = v2::TraceReader::NewStub(channel_)->FindTraces(&call, request);
  std::vector<TracesData> chunks;
  ASSERT_TRUE(ReadAll(reader, chunks).ok());
  EXPECT_THAT(SpansOf(chunks),
              UnorderedElementsAre(std::pair(IdBytes(1), 251u),
                                   std::pair(IdBytes(2), 250u)));
  size_t too_large = 0;
  for (const TracesData& chunk : chunks) {
    too_large += chunk.ByteSizeLong() > trace_chunk_bytes_max_ ? 1 : 0;
  }
  EXPECT_EQ(too_large, 1u);
}

TEST_F(JaegerServiceTest, ManyTracesComeWholeToASlowReader) {
  trace_chunk_bytes_max_ = 1'024;
  Start();
  std::vector<SpanSpec> specs;
  for (uint64_t trace = 1; trace <= 90; ++trace) {
    for (uint64_t id = 1; id <= 5; ++id) {
      specs.push_back({.trace = trace,
                       .id = id,
                       .start = kSecond - static_cast<double>(trace)});
    }
  }
  Write(specs);
  grpc::ClientContext call;
  auto reader = v2::TraceReader::NewStub(channel_)->FindTraces(&call, {});
  std::vector<TracesData> chunks;
  ASSERT_TRUE(ReadAll(reader, chunks).ok());
  const auto traces = SpansOf(chunks);
  ASSERT_EQ(traces.size(), 90u);
  for (uint64_t trace = 1; trace <= 90; ++trace) {
    EXPECT_EQ(traces[trace - 1], std::pair(IdBytes(trace), size_t{5}));
  }
}

TEST_F(JaegerServiceTest, SmallAnswers) {
  Start();
  Write({{.trace = 1, .id = 1, .name = "in", .kind = 2, .service = "a"},
         {.trace = 1,
          .id = 2,
          .parent = 1,
          .name = "out",
          .kind = 0,
          .status = 2,
          .service = "b"}});
  const auto stub = v2::TraceReader::NewStub(channel_);
  v2::GetServicesResponse services;
  grpc::ClientContext call;
  ASSERT_TRUE(stub->GetServices(&call, {}, &services).ok());
  EXPECT_THAT(services.services(), ElementsAre("a", "b"));

  v2::GetOperationsRequest of;
  of.set_service("b");
  v2::GetOperationsResponse operations;
  grpc::ClientContext operations_call;
  ASSERT_TRUE(stub->GetOperations(&operations_call, of, &operations).ok());
  ASSERT_EQ(operations.operations_size(), 1);
  EXPECT_EQ(operations.operations(0).name(), "out");
  EXPECT_EQ(operations.operations(0).span_kind(), "");

  v2::FindTraceIDsResponse ids;
  grpc::ClientContext ids_call;
  ASSERT_TRUE(stub->FindTraceIDs(&ids_call, {}, &ids).ok());
  ASSERT_EQ(ids.trace_ids_size(), 1);
  EXPECT_EQ(ids.trace_ids(0).trace_id(), IdBytes(1));
  EXPECT_EQ(ids.trace_ids(0).start().seconds(), kSecond);

  grpc::ClientContext summaries_call;
  auto reader = stub->FindTraceSummaries(&summaries_call, {});
  v2::FindTraceSummariesResponse summaries;
  ASSERT_TRUE(reader->Read(&summaries));
  ASSERT_EQ(summaries.summaries_size(), 1);
  EXPECT_EQ(summaries.summaries(0).root_service_name(), "a");
  EXPECT_EQ(summaries.summaries(0).span_count(), 2);
  EXPECT_EQ(summaries.summaries(0).error_span_count(), 1);
  EXPECT_FALSE(reader->Read(&summaries));
  EXPECT_TRUE(reader->Finish().ok());

  v2::GetDependenciesRequest range;
  range.mutable_start_time()->set_seconds(kSecond - 1);
  range.mutable_end_time()->set_seconds(kSecond + 1);
  v2::GetDependenciesResponse calls;
  grpc::ClientContext calls_call;
  ASSERT_TRUE(v2::DependencyReader::NewStub(channel_)
                  ->GetDependencies(&calls_call, range, &calls)
                  .ok());
  ASSERT_EQ(calls.dependencies_size(), 1);
  EXPECT_EQ(calls.dependencies(0).parent(), "a");
  EXPECT_EQ(calls.dependencies(0).child(), "b");
  EXPECT_EQ(calls.dependencies(0).call_count(), 1u);

  v2::GetCapabilitiesResponse capabilities;
  grpc::ClientContext capabilities_call;
  ASSERT_TRUE(v2::Capabilities::NewStub(channel_)
                  ->GetCapabilities(&capabilities_call, {}, &capabilities)
                  .ok());
  EXPECT_TRUE(capabilities.search().without_service_name());
  EXPECT_TRUE(capabilities.search().same_span_conjunction());
  EXPECT_FALSE(capabilities.search().has_filter());
}

}  // namespace
}  // namespace roentgen::server
