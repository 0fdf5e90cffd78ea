// Routes of X-Ray's API over a space of a test, through real sockets.
#ifndef ROENTGEN_TESTS_SERVER_XRAY_XRAY_FIXTURE_H_
#define ROENTGEN_TESTS_SERVER_XRAY_XRAY_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "gtest/gtest.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "tests/server/http/test_client.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {

class XrayFixture : public testing::Test {
 protected:
  explicit XrayFixture(int64_t now_seconds)
      : clock_(Timestamp::FromSeconds(now_seconds)) {}
  void SetUp() override { StartServer({.threads = 1, .queue_max = 16}); }

  // Those that are tested.
  virtual void AddRoutes(HttpRouter& router) = 0;

  void StartServer(const WorkerPool::Options& pool) {
    server_.reset();
    space_.SetWorkers(pool);
    auto router = std::make_shared<HttpRouter>();
    AddRoutes(*router);
    server_.emplace(HttpServerOptions{}, clock_);
    EXPECT_TRUE(
        server_->Start({{.address = {"127.0.0.1", 0}, .router = router}}).ok());
  }

  TestResponse Call(std::string_view path, std::string_view body) {
    TestClient client(server_->addresses()[0].port);
    client.Send(Post(path, body));
    return client.Read();
  }
  // "Name: body" of a refusal.
  std::string Refusal(std::string_view path, std::string_view body) {
    const TestResponse response = Call(path, body);
    EXPECT_EQ(response.status, 400) << response.body;
    return response.headers.at("x-amzn-errortype") + ": " + response.body;
  }

  ManualClock clock_;
  TestSpace space_{clock_};
  std::optional<HttpServer> server_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_XRAY_XRAY_FIXTURE_H_
