// Servers whose listeners are listed: each serves its own APIs to its own
// callers.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/app/server.h"
#include "server/config/listener.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr Api kApis[] = {Api::kXray,   Api::kV1,    Api::kOtlp, Api::kJaeger,
                         Api::kZipkin, Api::kAdmin, Api::kPurge};

Listener Local(std::string name, Protocol protocol, std::vector<Api> apis,
               ListenerAuth auth = {}) {
  Listener listener;
  listener.where = "listeners[" + name + "]";
  listener.name = std::move(name);
  listener.protocol = protocol;
  listener.address = {"127.0.0.1", 0};
  listener.apis = std::move(apis);
  listener.auth = std::move(auth);
  return listener;
}

std::string KeysFile(const std::string& name, const std::string& id) {
  std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path) << "keys:\n  - {id: " << id
                      << ", secret: s, permissions: [ingest, read]}\n";
  return path;
}

std::unique_ptr<Server> StartWith(std::vector<Listener> listeners,
                                  Config config = {}) {
  config.store = "memory";
  config.log_level = "off";
  config.listeners = std::move(listeners);
  auto server = Server::Start(config, SystemClock());
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

int Status(const Server& server, std::string_view listener,
           const std::string& path, const std::string& key = "") {
  const auto& addresses = server.addresses().Of(listener);
  TestClient client(ListenAddress::Parse(addresses.at(0))->port);
  client.Send("GET " + path + " HTTP/1.1\r\n" +
              (key.empty() ? "" : "Authorization: Bearer " + key + "\r\n") +
              "\r\n");
  return client.Read().status;
}

grpc::StatusCode Code(const std::string& address, const std::string& key = "") {
  const auto stub = v1::TraceService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext call;
  if (!key.empty()) call.AddMetadata("authorization", "Bearer " + key);
  v1::GetTraceSummariesRequest request;
  v1::GetTraceSummariesResponse response;
  return stub->GetTraceSummaries(&call, request, &response).error_code();
}

TEST(ListenersTest, EveryApiIsServedWhereItMayBe) {
  for (const Protocol protocol :
       {Protocol::kHttp, Protocol::kGrpc, Protocol::kUdp}) {
    for (const Api api : kApis) {
      const std::vector<Listener> one = {Local("one", protocol, {api})};
      SCOPED_TRACE(std::string(NameOf(api)) + " over " +
                   std::string(NameOf(protocol)));
      if (!CanServe(protocol, api)) {
        Config config;
        config.store = "memory";
        config.listeners = one;
        EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
                    HasSubstr("is not served over"));
        continue;
      }
      const auto server = StartWith(one);
      ASSERT_NE(server, nullptr);
      EXPECT_EQ(server->addresses().Of("one").size(), 1u);
      EXPECT_EQ(server->addresses().all().size(), 1u);
      EXPECT_EQ(server->routes().empty(), protocol != Protocol::kHttp);
    }
  }
}

// None hides another's path.
TEST(ListenersTest, OneListenerMayServeAllThatHttpCan) {
  std::vector<Api> all;
  for (const Api api : kApis) {
    if (CanServe(Protocol::kHttp, api)) all.push_back(api);
  }
  const auto server = StartWith({Local("all", Protocol::kHttp, all)});
  ASSERT_NE(server, nullptr);
  std::set<std::pair<std::string, std::string>> seen;
  for (const ServerRoute& route : server->routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
  }
  for (const char* path : {"/api/services", "/api/v2/services", "/healthz",
                           "/metrics", "/openapi.json", "/api/v3/services"}) {
    EXPECT_EQ(Status(*server, "all", path), 200) << path;
  }
}

TEST(ListenersTest, EachServesItsOwnApis) {
  const auto server =
      StartWith({Local("spans", Protocol::kHttp, {Api::kOtlp}),
                 Local("jaeger", Protocol::kHttp, {Api::kJaeger}),
                 Local("health", Protocol::kHttp, {Api::kAdmin})});
  ASSERT_NE(server, nullptr);
  for (const auto& [path, where] :
       {std::pair<const char*, std::string>{"/api/services", "jaeger"},
        {"/healthz", "health"},
        {"/openapi.json", "health"}}) {
    for (const std::string listener : {"spans", "jaeger", "health"}) {
      EXPECT_EQ(Status(*server, listener, path), listener == where ? 200 : 404)
          << path << " " << listener;
    }
  }
  EXPECT_EQ(Status(*server, "spans", "/v1/traces"), 405);
}

TEST(ListenersTest, EachAsksForItsOwnKeys) {
  Config config;
  config.auth_mode = "verify";
  config.auth_keys_file = KeysFile("all.yaml", "all");
  const auto server = StartWith(
      {Local("open", Protocol::kHttp, {Api::kJaeger}, {.mode = "off"}),
       Local("shape", Protocol::kHttp, {Api::kJaeger}, {.mode = "shape"}),
       Local("common", Protocol::kHttp, {Api::kJaeger}),
       Local("own", Protocol::kHttp, {Api::kJaeger},
             {.keys_file = KeysFile("own.yaml", "own")})},
      config);
  ASSERT_NE(server, nullptr);
  struct Vector {
    const char* listener;
    const char* key;
    int status;
  };
  for (const Vector& vector : std::vector<Vector>{{"open", "", 200},
                                                  {"open", "x:y", 200},
                                                  {"shape", "", 401},
                                                  {"shape", "x:y", 200},
                                                  {"common", "", 401},
                                                  {"common", "x:y", 401},
                                                  {"common", "all:s", 200},
                                                  {"common", "own:s", 401},
                                                  {"own", "all:s", 401},
                                                  {"own", "own:s", 200},
                                                  {"own", "own:t", 401}}) {
    EXPECT_EQ(Status(*server, vector.listener, "/api/services", vector.key),
              vector.status)
        << vector.listener << " " << vector.key;
  }
}

TEST(ListenersTest, SoDoThoseOfGrpc) {
  Config config;
  config.auth_keys_file = KeysFile("grpc.yaml", "all");
  const auto server =
      StartWith({Local("spans", Protocol::kGrpc, {Api::kOtlp}),
                 Local("open", Protocol::kGrpc, {Api::kV1}),
                 Local("keys", Protocol::kGrpc, {Api::kV1}, {.mode = "verify"}),
                 Local("too", Protocol::kGrpc, {Api::kV1})},
                config);
  ASSERT_NE(server, nullptr);
  const auto code = [&](std::string_view name, const std::string& key = "") {
    return Code(server->addresses().Of(name).at(0), key);
  };
  EXPECT_EQ(code("spans"), grpc::StatusCode::UNIMPLEMENTED);
  // It says what the request lacks: it was looked at.
  EXPECT_EQ(code("open"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("too"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code("keys"), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(code("keys", "all:t"), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(code("keys", "all:s"), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(server->Shutdown().ok());
}

// Whatever the number of servers is.
TEST(ListenersTest, LiveTailsHaveOneLimit) {
  const auto server =
      StartWith({Local("a", Protocol::kGrpc, {Api::kV1}),
                 Local("b", Protocol::kGrpc, {Api::kV1, Api::kOtlp})});
  ASSERT_NE(server, nullptr);
  struct Tail {
    explicit Tail(const std::string& address)
        : stub(v1::TraceService::NewStub(grpc::CreateChannel(
              address, grpc::InsecureChannelCredentials()))),
          reader(stub->TailTraceSummaries(&call, {})) {}
    // The first message says that it has begun.
    bool HasBegun() {
      v1::TailTraceSummariesResponse response;
      return reader->Read(&response);
    }

    grpc::ClientContext call;
    const std::unique_ptr<v1::TraceService::Stub> stub;
    const std::unique_ptr<grpc::ClientReader<v1::TailTraceSummariesResponse>>
        reader;
  };
  const auto address = [&](size_t i) {
    return server->addresses().Of(i % 2 == 0 ? "a" : "b").at(0);
  };
  std::vector<std::unique_ptr<Tail>> open;
  for (size_t i = 0; i < limits::kTailsMax; ++i) {
    open.push_back(std::make_unique<Tail>(address(i)));
    EXPECT_TRUE(open.back()->HasBegun()) << i;
  }
  for (size_t i = 0; i < 2; ++i) {
    Tail refused(address(i));
    EXPECT_FALSE(refused.HasBegun());
    EXPECT_EQ(refused.reader->Finish().error_code(),
              grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  for (const auto& tail : open) tail->call.TryCancel();
}

TEST(ListenersTest, PortsFileHasTheirNames) {
  Config config;
  config.ports_file = std::string(std::getenv("TEST_TMPDIR")) + "/ports.json";
  const auto server = StartWith({Local("b", Protocol::kHttp, {Api::kXray}),
                                 Local("a", Protocol::kUdp, {Api::kXray})},
                                config);
  ASSERT_NE(server, nullptr);
  std::ifstream file(config.ports_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, testing::MatchesRegex(
                        "\\{\"b\":\\[\"127.0.0.1:[1-9][0-9]*\"\\],"
                        "\"a\":\\[\"127.0.0.1:[1-9][0-9]*\"\\]\\}\n"));
}

TEST(ListenersTest, WhatCannotStandSideBySideDoesNotStart) {
  Config config;
  config.store = "memory";
  config.log_level = "off";
  config.listeners = {Local("a", Protocol::kHttp, {Api::kXray}),
                      Local("a", Protocol::kHttp, {Api::kOtlp})};
  (*config.listeners)[1].where = "listeners[1]";
  EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
              HasSubstr("listeners[1].name: \"a\""));
  config.listeners->pop_back();
  (*config.listeners)[0].space = "other";
  EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
              HasSubstr("there is no space \"other\""));
  (*config.listeners)[0].space = kDefaultSpace;
  (*config.listeners)[0].auth.keys_file = "/nowhere/keys.yaml";
  (*config.listeners)[0].auth.mode = "verify";
  EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
              HasSubstr("/nowhere/keys.yaml"));
}

}  // namespace
}  // namespace roentgen::server
