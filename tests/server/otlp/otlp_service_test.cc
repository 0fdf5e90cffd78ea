// OTLP over gRPC: the real server, over the in-memory engine.
#include "server/otlp/otlp_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/auth/authenticator.h"
#include "server/auth/key_ring.h"
#include "server/rpc/grpc_server.h"
#include "server/v1/v1_services.h"
#include "storage/memory/memory_engine.h"
#include "tests/server/rpc/gated_engine.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using OtlpStub = opentelemetry::proto::collector::trace::v1::TraceService::Stub;
using testing::HasSubstr;
using testing::Not;

ExportTraceServiceRequest Request(int count, int bad = 0,
                                  size_t name_bytes = 1) {
  ExportTraceServiceRequest request;
  auto* scope = request.add_resource_spans()->add_scope_spans();
  for (int i = 1; i <= count; ++i) {
    auto* span = scope->add_spans();
    if (i <= count - bad) span->set_trace_id(std::string(16, 't'));
    span->set_span_id(std::string(7, 's') + static_cast<char>(i));
    span->set_name(std::string(name_bytes, 'n'));
  }
  return request;
}

class OtlpServiceTest : public testing::Test {
 protected:
  OtlpServiceTest() { Restart({}); }
  ~OtlpServiceTest() override { server_.reset(); }

  void Restart(GrpcServerOptions options,
               size_t request_bytes_max = limits::kOtlpRequestBytesMax,
               size_t other_bytes_max = limits::kHttpBodyBytesMax) {
    server_.reset();
    options.listen = {{"127.0.0.1", 0}};
    server_ = std::make_unique<GrpcServer>(
        space_.workers(), space_->call_limits(), std::move(options));
    AddOtlpService(*server_, space_.spaces(), request_bytes_max);
    AddV1Services(*server_, {.spaces = space_.spaces(),
                             .message_bytes_max = other_bytes_max});
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    channel_ = grpc::CreateChannel(server_->addresses().at(0).ToString(),
                                   grpc::InsecureChannelCredentials());
    stub_ = std::make_unique<OtlpStub>(channel_);
  }
  grpc::Status Export(const ExportTraceServiceRequest& request,
                      ExportTraceServiceResponse* response,
                      const std::string& key = "") {
    grpc::ClientContext call;
    if (!key.empty()) call.AddMetadata("authorization", "Bearer " + key);
    return stub_->Export(&call, request, response);
  }
  // As the bytes say.
  grpc::Status ExportBytes(const std::string& bytes, std::string* answer) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext call;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> promise;
    stub.UnaryCall(
        &call, "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        grpc::StubOptions(), &request, &response,
        [&](grpc::Status s) { promise.set_value(std::move(s)); });
    const grpc::Status status = promise.get_future().get();
    grpc::Slice flat;
    if (status.ok() && response.DumpToSingleSlice(&flat).ok()) {
      answer->assign(reinterpret_cast<const char*>(flat.begin()), flat.size());
    }
    return status;
  }
  uint64_t accepted() const {
    return space_->span_exports().Counts(SpanSource::kOtlpGrpc).accepted;
  }

  storage::MemoryEngine memory_engine_{SystemClock(), absl::Hours(720)};
  GatedEngine engine_{memory_engine_};
  TestSpace space_{engine_};
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<OtlpStub> stub_;
};

TEST_F(OtlpServiceTest, FullSuccessSaysNothing) {
  std::string answer = "unset";
  EXPECT_TRUE(ExportBytes(Request(3).SerializeAsString(), &answer).ok());
  EXPECT_EQ(answer, "");
  EXPECT_TRUE(ExportBytes("", &answer).ok());
  EXPECT_EQ(answer, "");
  EXPECT_EQ(accepted(), 3u);
}

// Spans with texts that are not UTF-8 come back as they came where originals
// are asked for.
TEST_F(OtlpServiceTest, OriginalsOfMendedSpans) {
  std::string request = Request(2, 0, 8).SerializeAsString();
  std::string span = Request(2, 0, 8)
                         .resource_spans(0)
                         .scope_spans(0)
                         .spans(1)
                         .SerializeAsString();
  const std::string healthy = Request(2, 0, 8)
                                  .resource_spans(0)
                                  .scope_spans(0)
                                  .spans(0)
                                  .SerializeAsString();
  span[span.size() - 1] = '\xFF';
  request[request.size() - 1] = '\xFF';
  std::string answer = "unset";
  ASSERT_TRUE(ExportBytes(request, &answer).ok());
  EXPECT_EQ(answer, "");
  const auto stub = v1::TraceService::NewStub(channel_);
  v1::StreamTracesRequest wanted;
  wanted.add_trace_ids("74747474747474747474747474747474");
  wanted.set_document_form(v1::DOCUMENT_FORM_ORIGINAL);
  grpc::ClientContext call;
  const auto reader = stub->StreamTraces(&call, wanted);
  v1::TraceChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  ASSERT_EQ(chunk.segments_size(), 2);
  EXPECT_EQ(chunk.segments(0).document(), healthy);
  EXPECT_EQ(chunk.segments(1).document(), span);
  EXPECT_FALSE(reader->Read(&chunk));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(OtlpServiceTest, PartialSuccessNamesPlaceAndReason) {
  ExportTraceServiceResponse response;
  EXPECT_TRUE(Export(Request(3, 1), &response).ok());
  EXPECT_EQ(response.partial_success().rejected_spans(), 1);
  EXPECT_THAT(response.partial_success().error_message(),
              HasSubstr("resourceSpans[0].scopeSpans[0].spans[2]: traceId"));
  EXPECT_EQ(accepted(), 2u);
}

TEST_F(OtlpServiceTest, RequestsInManySlicesAndCompressedAreTaken) {
  ExportTraceServiceResponse response;
  EXPECT_TRUE(Export(Request(20, 0, 500'000), &response).ok());
  grpc::ClientContext call;
  call.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  EXPECT_TRUE(stub_->Export(&call, Request(5, 0, 10'000), &response).ok());
  EXPECT_EQ(accepted(), 25u);
}

TEST_F(OtlpServiceTest, WhatIsNoRequestIsInvalid) {
  std::string answer;
  const grpc::Status status = ExportBytes("\x0a", &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_details(), Not(HasSubstr("RetryInfo")));
}

TEST_F(OtlpServiceTest, OverloadIsUnavailableAndWorthATryLater) {
  for (const absl::Status& failure :
       {absl::ResourceExhaustedError("queue full"),
        absl::UnavailableError("stalled")}) {
    engine_.FailWrites(failure);
    ExportTraceServiceResponse response;
    const grpc::Status status = Export(Request(1), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_details(), HasSubstr("google.rpc.RetryInfo"));
  }
}

TEST_F(OtlpServiceTest, RequestsInFlightAreBounded) {
  auto memory = std::make_shared<MemoryBudget>(1'500);
  Restart({.memory = memory});
  engine_.Hold();
  const auto hold = [&] {
    ExportTraceServiceResponse response;
    EXPECT_TRUE(Export(Request(1, 0, 1'000), &response).ok());
  };
  // One finds room, one large one at a time goes beyond it.
  std::thread first(hold), second(hold);
  engine_.WaitForHeld(2);
  ExportTraceServiceResponse response;
  const grpc::Status status = Export(Request(1, 0, 1'000), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_details(), HasSubstr("google.rpc.RetryInfo"));
  engine_.Release(0);
  engine_.Release(0);
  first.join();
  second.join();
  memory->AwaitUsed(0);
}

TEST_F(OtlpServiceTest, TooLargeIsNotWorthATry) {
  // Refused by the service, and by gRPC.
  for (const size_t others : {size_t{100'000}, size_t{1'000}}) {
    Restart({}, 10'000, others);
    ExportTraceServiceResponse response;
    const grpc::Status status = Export(Request(1, 0, 20'000), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(status.error_details(), Not(HasSubstr("RetryInfo")));
    EXPECT_TRUE(Export(Request(1, 0, 9'000), &response).ok());
  }
}

TEST_F(OtlpServiceTest, TheCallsDeadlineIsHonoured) {
  engine_.Hold();
  grpc::ClientContext call;
  call.set_deadline(absl::ToChronoTime(SystemClock().Now().ToTime() +
                                       absl::Milliseconds(50)));
  ExportTraceServiceResponse response;
  EXPECT_EQ(stub_->Export(&call, Request(1), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  engine_.WaitForHeld(1);
  engine_.Release(0);  // The late answer goes nowhere and harms nothing.
}

TEST_F(OtlpServiceTest, AsksForThePermissionToIngest) {
  const Authenticator authenticator(
      {.mode = AuthMode::kVerify},
      *KeyRing::Make(
          {{.id = "in", .secret = "s", .permissions = {.ingest = true}},
           {.id = "out", .secret = "s", .permissions = {.read = true}}}));
  Restart({.authenticator = &authenticator});
  ExportTraceServiceResponse response;
  EXPECT_EQ(Export(Request(1), &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Export(Request(1), &response, "out:s").error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Export(Request(1), &response, "in:s").ok());
  server_.reset();  // Before the authenticator.
}

}  // namespace
}  // namespace roentgen::server
