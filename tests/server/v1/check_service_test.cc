// CheckStore: one check at a time, and none of a store without files.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "gtest/gtest.h"
#include "roentgen/v1/check_service.grpc.pb.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space.h"
#include "server/v1/v1_services.h"
#include "storage/engine/check_report.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

// Whose first check goes on until it may end.
class HeldEngine final : public storage::MemoryEngine,
                         public storage::CheckedStore {
 public:
  HeldEngine() : MemoryEngine(SystemClock(), absl::Hours(24)) {}

  absl::StatusOr<storage::CheckReport> Check(const storage::CheckOptions&,
                                             const Call&) override {
    if (!begun.HasBeenNotified()) {
      begun.Notify();
      may_end.WaitForNotification();
    }
    return storage::CheckReport();
  }

  absl::Notification begun;
  absl::Notification may_end;
};

class CheckServiceTest : public testing::Test {
 protected:
  void Start(std::unique_ptr<storage::TraceEngine> engine) {
    SpaceStore store;
    store.settings = &settings_;
    store.engine = std::move(engine);
    SpaceOptions options;
    options.random = [] { return uint64_t{0}; };
    auto space = Space::Open(std::move(store), std::move(options));
    ASSERT_TRUE(space.ok()) << space.status();
    space_ = *std::move(space);
    GrpcServerOptions server_options;
    server_options.listen = {{"127.0.0.1", 0}};
    server_ = std::make_unique<GrpcServer>(workers_, space_->call_limits(),
                                           std::move(server_options));
    AddV1Services(*server_, {.spaces = ListenerSpaces(*space_)});
    ASSERT_TRUE(server_->Start().ok());
    stub_ = v1::CheckService::NewStub(
        grpc::CreateChannel(server_->addresses().at(0).ToString(),
                            grpc::InsecureChannelCredentials()));
  }
  ~CheckServiceTest() override {
    server_.reset();
    if (space_ != nullptr) space_->Stop().IgnoreError();
  }

  grpc::StatusCode Check() {
    grpc::ClientContext call;
    v1::CheckStoreResponse response;
    return stub_->CheckStore(&call, {}, &response).error_code();
  }

 private:
  storage::MemorySettings settings_;
  WorkerPool workers_{{.threads = 2}};
  std::unique_ptr<Space> space_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::CheckService::Stub> stub_;
};

TEST_F(CheckServiceTest, ASecondCheckIsRefusedUntilTheFirstEnds) {
  auto owned = std::make_unique<HeldEngine>();
  HeldEngine& engine = *owned;
  Start(std::move(owned));
  std::thread held([&] { EXPECT_EQ(Check(), grpc::StatusCode::OK); });
  engine.begun.WaitForNotification();
  EXPECT_EQ(Check(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  engine.may_end.Notify();
  held.join();
  EXPECT_EQ(Check(), grpc::StatusCode::OK);
}

TEST_F(CheckServiceTest, AStoreInMemoryHasNothingToCheck) {
  Start(
      std::make_unique<storage::MemoryEngine>(SystemClock(), absl::Hours(24)));
  EXPECT_EQ(Check(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace roentgen::server
