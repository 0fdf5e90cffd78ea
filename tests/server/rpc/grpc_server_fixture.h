// The gRPC server over the in-memory engine, behind a gate, through real
// sockets.
#ifndef ROENTGEN_TESTS_SERVER_RPC_GRPC_SERVER_FIXTURE_H_
#define ROENTGEN_TESTS_SERVER_RPC_GRPC_SERVER_FIXTURE_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "gtest/gtest.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/otlp/otlp_service.h"
#include "server/rpc/grpc_server.h"
#include "server/v1/v1_services.h"
#include "storage/memory/memory_engine.h"
#include "tests/server/rpc/gated_engine.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {

inline constexpr char kTraceId[] = "1-66f01000-0123456789abcdef01234567";

inline std::string TraceIdOf(int n) {
  std::string digits = std::to_string(n);
  return "1-66f01000-" + std::string(24 - digits.size(), '0') + digits;
}

inline std::string Document(const std::string& trace_id, const std::string& id,
                            const std::string& extra = "") {
  return R"({"name":"shop","id":")" + id + R"(","trace_id":")" + trace_id +
         R"(","start_time":1727008768.1,"end_time":1727008768.35)" + extra +
         "}";
}

// A member that makes a document so much longer.
inline std::string Filler(size_t bytes) {
  return R"(,"metadata":{"default":{"x":")" + std::string(bytes, 'x') +
         R"("}})";
}

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() { Restart({}); }
  ~GrpcServerTest() override { server_.reset(); }

  void Restart(GrpcServerOptions options,
               size_t message_bytes_max = limits::kHttpBodyBytesMax,
               size_t otlp_bytes_max = limits::kOtlpRequestBytesMax) {
    server_.reset();
    options.listen = {{"127.0.0.1", 0}};
    memory_ = options.memory;
    server_ = std::make_unique<GrpcServer>(space_->workers(),
                                           (*space_)->call_limits(), options);
    AddV1Services(*server_, {.spaces = space_->spaces(),
                             .message_bytes_max = message_bytes_max});
    AddOtlpService(*server_, space_->spaces(), otlp_bytes_max);
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    channel_ = grpc::CreateChannel(server_->addresses().at(0).ToString(),
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
  std::optional<TestSpace> space_{engine_};
  std::shared_ptr<MemoryBudget> memory_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TraceService::Stub> stub_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_RPC_GRPC_SERVER_FIXTURE_H_
