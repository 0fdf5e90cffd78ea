#include "server/zipkin/zipkin_handlers.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "gtest/gtest.h"
#include "server/auth/access.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {
namespace {

class ZipkinHandlersTest : public testing::Test {
 protected:
  ZipkinHandlersTest() { AddZipkinRoutes(router_, space_.Services()); }

  const HttpRoute* Route(std::string_view method, std::string_view path) {
    const auto found = router_.Find(method, path);
    const auto* match = std::get_if<HttpRouter::Match>(&found);
    return match == nullptr ? nullptr : match->route;
  }

  // What is answered before the handler returns.
  std::optional<HttpResponse> AtOnce(std::string_view method,
                                     std::string_view path,
                                     HttpRequest request = {}) {
    std::optional<HttpResponse> response;
    const HttpRoute* route = Route(method, path);
    EXPECT_NE(route, nullptr) << path;
    if (route == nullptr) return response;
    route->handler(std::move(request),
                   HttpResponder([&response](HttpResponse answer) {
                     response = std::move(answer);
                   }));
    return response;
  }

  int Put(const std::string& body,
          const std::shared_ptr<MemoryBudget>& memory) {
    HttpRequest request;
    request.body = body;
    request.lease = MemoryLease(memory);
    const auto response = AtOnce("POST", "/api/v2/spans", std::move(request));
    return response ? response->status : 0;
  }

  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  TestSpace space_{clock_};
  HttpRouter router_;
};

TEST_F(ZipkinHandlersTest, ConstantsNeedNoWorker) {
  space_.workers().Stop();
  for (const char* path : {"/health", "/config.json", "/zipkin/config.json",
                           "/api/v2/autocompleteKeys"}) {
    const auto response = AtOnce("GET", path);
    ASSERT_TRUE(response.has_value()) << path;
    EXPECT_EQ(response->status, 200) << path;
    EXPECT_EQ(response->lease, nullptr) << path;
  }
  // Whoever asks how it is needs no key.
  EXPECT_EQ(Route("GET", "/health")->access, Access::kOpen);
  EXPECT_EQ(Route("GET", "/config.json")->access, Access::kRead);
}

TEST_F(ZipkinHandlersTest, RoomToReadIsAskedFor) {
  const auto span = [](const std::string& name) {
    return R"([{"traceId":"1","id":"1","name":")" + name + "\"}]";
  };
  const std::string good = span(std::string(9'000, 'n'));
  const std::string bad = span(std::string(9'000, '\xff'));
  const auto enough = std::make_shared<MemoryBudget>(100'000);
  EXPECT_EQ(Put(good, enough), 202);
  EXPECT_EQ(Put(bad, enough), 202);
  EXPECT_EQ(enough->used(), 0u);
  // Another request overdraws it: nobody else may.
  const auto tight = std::make_shared<MemoryBudget>(20'000);
  MemoryLease other(tight);
  ASSERT_TRUE(other.GrowOrOverdraw(30'000));
  EXPECT_EQ(Put(good, tight), 202);
  EXPECT_EQ(Put(bad, tight), 429);
  EXPECT_EQ(space_->span_exports().Counts(SpanSource::kZipkin).accepted, 3u);
}

}  // namespace
}  // namespace roentgen::server
