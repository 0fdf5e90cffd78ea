// A server on a free port with a few routes for tests.
//
// POST /echo answers its body; GET /fixed answers "fixed"; POST /later keeps
// its responder until Later(); POST /drop forgets its responder.
#ifndef ROENTGEN_TESTS_SERVER_HTTP_HTTP_SERVER_FIXTURE_H_
#define ROENTGEN_TESTS_SERVER_HTTP_HTTP_SERVER_FIXTURE_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "server/http/http_server.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {

inline HttpResponse PlainResponse(std::string body) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

// Responders that handlers have put aside.
class Parked {
 public:
  void Put(HttpResponder responder) {
    MutexLock lock(mu_);
    responders_.push_back(std::move(responder));
    arrived_.NotifyAll();
  }
  // Waits for one.
  HttpResponder Take() {
    MutexLock lock(mu_);
    while (responders_.empty()) arrived_.Wait(mu_);
    HttpResponder responder = std::move(responders_.back());
    responders_.pop_back();
    return responder;
  }

 private:
  Mutex mu_;
  CondVar arrived_;
  std::vector<HttpResponder> responders_ RTG_GUARDED_BY(mu_);
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    StartListener({.address = {"127.0.0.1", 0}, .router = Routes()},
                  std::move(options));
  }
  void StartListener(HttpListener listener, HttpServerOptions options = {}) {
    server_.emplace(std::move(options), SystemClock());
    const absl::Status started = server_->Start({std::move(listener)});
    ASSERT_TRUE(started.ok()) << started;
  }

  std::shared_ptr<HttpRouter> Routes() {
    auto router = std::make_shared<HttpRouter>();
    router->Add({"POST", "/echo", "Echo",
                 [](HttpRequest request, const HttpResponder& respond) {
                   std::string body = std::move(request.body);
                   // Else the answer, of the same memory, has no room until
                   // the request is gone.
                   request.lease = MemoryLease();
                   respond.Send(PlainResponse(std::move(body)));
                 }});
    router->Add({"GET", "/fixed", "Fixed",
                 [](const HttpRequest&, const HttpResponder& respond) {
                   respond.Send(PlainResponse("fixed"));
                 }});
    router->Add({"POST", "/later", "Later",
                 [this](const HttpRequest&, HttpResponder respond) {
                   parked_.Put(std::move(respond));
                 }});
    router->Add({"POST", "/watched", "Watched",
                 [this](const HttpRequest& request, HttpResponder respond) {
                   cancelled_ = request.cancelled;
                   parked_.Put(std::move(respond));
                 }});
    router->Add({"POST", "/drop", "Drop",
                 [](const HttpRequest&, const HttpResponder&) {}});
    return router;
  }

  uint16_t port() const { return server_->addresses()[0].port; }

  std::stop_token cancelled_;  // Of "/watched", once it is parked.
  Parked parked_;
  std::optional<HttpServer> server_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_HTTP_HTTP_SERVER_FIXTURE_H_
