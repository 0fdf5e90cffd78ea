// A gRPC server with all of X-Ray's operations, over the in-memory engine,
// through real sockets.
#ifndef ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_
#define ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "server/jaeger/jaeger_services.h"
#include "server/rpc/grpc_server.h"
#include "server/v1/v1_services.h"
#include "storage/engine/trace_engine.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {

class ApiFixture : public testing::Test {
 protected:
  // Starts a server. `authenticator` outlives it.
  void Start(const Authenticator* authenticator = nullptr) {
    GrpcServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    options.authenticator = authenticator;
    server_ = std::make_unique<GrpcServer>(
        space_.workers(), space_->call_limits(), std::move(options));
    AddV1Services(*server_, {.spaces = space_.spaces()});
    AddJaegerServices(*server_,
                      {.spaces = space_.spaces(),
                       .trace_chunk_bytes_max = trace_chunk_bytes_max_});
    ASSERT_TRUE(server_->Start().ok());
    channel_ = grpc::CreateChannel(server_->addresses().at(0).ToString(),
                                   grpc::InsecureChannelCredentials());
  }

  size_t trace_chunk_bytes_max_ = limits::kTraceChunkBytesMax;
  TestSpace space_;
  storage::TraceEngine& engine_ = space_->engine();
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_V1_API_FIXTURE_H_
