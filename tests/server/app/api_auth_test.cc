// Who may call what over HTTP, on the wired server with keys.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "server/app/access_setup.h"
#include "server/app/server.h"
#include "server/xray/model/api_model.h"
#include "server/xray/operations/api_access.h"
#include "tests/server/app/api_samples.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr char kKeys[] =
    "keys:\n"
    "  - {id: ingester, secret: s1, permissions: [ingest]}\n"
    "  - {id: reader, secret: s2, permissions: [read]}\n"
    "  - {id: admin, secret: s3, permissions: [administer]}\n"
    "  - {id: all, secret: s4, permissions: [ingest, read, administer]}\n";

// Answered to "Bearer id:secret".
constexpr char kIngester[] = "ingester:s1";
constexpr char kReader[] = "reader:s2";
constexpr char kAdmin[] = "admin:s3";
constexpr char kAll[] = "all:s4";

class ApiAuthTest : public testing::Test {
 protected:
  void Start(const std::string& mode,
             const std::string& sampling = "loopback") {
    const std::string folder = std::getenv("TEST_TMPDIR");
    Config config;
    config.store = "memory";
    config.xray_http_listen = {"127.0.0.1:0"};
    config.xray_udp_listen = {};
    config.grpc_listen = {};
    config.otlp_http_listen = {"127.0.0.1:0"};
    config.admin_http_listen = {"127.0.0.1:0"};
    config.zipkin_http_listen = {"127.0.0.1:0"};
    config.jaeger_purge_listen = {"127.0.0.1:0"};
    config.log_level = "off";
    config.auth_mode = mode;
    config.auth_unsigned_sampling = sampling;
    config.auth_keys_file = folder + "/keys.yaml";
    std::ofstream(config.auth_keys_file) << kKeys;
    auto server = Server::Start(config, SystemClock());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  static uint16_t PortOf(const std::vector<std::string>& addresses) {
    return ListenAddress::Parse(addresses[0])->port;
  }
  static std::string Bearer(const std::string& key) {
    return key.empty() ? "" : "Authorization: Bearer " + key + "\r\n";
  }

  // The error's name; "" when there is none.
  std::string Refusal(std::string_view path, const std::string& key,
                      std::string_view body = "{}",
                      const std::string& headers = "") {
    TestClient client(PortOf(server_->addresses().Of("xray_http")));
    client.Send(Post(path, body, headers + Bearer(key)));
    const TestResponse response = client.Read();
    const auto error = response.headers.find("x-amzn-errortype");
    return error == response.headers.end() ? "" : error->second;
  }
  int AdminStatus(const std::string& path, const std::string& key) {
    TestClient client(PortOf(server_->addresses().Of("admin_http")));
    client.Send("GET " + path + " HTTP/1.1\r\n" + Bearer(key) + "\r\n");
    return client.Read().status;
  }

  std::unique_ptr<Server> server_;
};

bool MayCall(Access access, std::string_view key) {
  if (key == kAll) return true;
  switch (access) {
    case Access::kIngest:
      return key == kIngester;
    case Access::kSampling:
      return key == kIngester || key == kReader;
    case Access::kRead:
      return key == kReader;
    default:
      return key == kAdmin;
  }
}

TEST_F(ApiAuthTest, EveryOperationAsksForItsPermission) {
  Start("verify");
  for (const ApiOperation& operation : ApiOperations()) {
    const Access access = AccessOf(operation.name);
    if (access != Access::kSampling) {
      EXPECT_EQ(Refusal(operation.path, ""),
                "MissingAuthenticationTokenException")
          << operation.name;
    }
    for (const char* key : {kIngester, kReader, kAdmin, kAll}) {
      // The operation itself may refuse it.
      const std::string refusal = Refusal(
          operation.path, key, Sample(*operation.input, "", Mutation()));
      EXPECT_EQ(refusal != "AccessDeniedException", MayCall(access, key))
          << operation.name << " " << key << " " << refusal;
    }
    for (const char* key : {"all:s", "all:s44", "nobody:s4", ":", "all"}) {
      // Who fails so often is slowed, and keeps nobody out.
      EXPECT_THAT(
          Refusal(operation.path, key),
          testing::AnyOf("UnrecognizedClientException",
                         "IncompleteSignatureException", "ThrottledException"))
          << operation.name << " " << key;
    }
  }
}

TEST_F(ApiAuthTest, SpansAskForThePermissionToIngest) {
  Start("verify");
  for (const auto* addresses : {&server_->addresses().Of("otlp_http"),
                                &server_->addresses().Of("xray_http")}) {
    const auto status = [&](const std::string& key) {
      TestClient client(PortOf(*addresses));
      client.Send(Post("/v1/traces", "{}",
                       "Content-Type: application/json\r\n" + Bearer(key)));
      return client.Read().status;
    };
    EXPECT_EQ(status(kIngester), 200);
    EXPECT_EQ(status(kAll), 200);
    EXPECT_EQ(status(kReader), 403);
    EXPECT_EQ(status(kAdmin), 403);
    EXPECT_EQ(status(""), 401);
    EXPECT_EQ(status("all:s"), 401);
  }
}

// Of the route's listener.
uint16_t PortOfRoute(const ServerAddresses& addresses,
                     const ServerRoute& route) {
  return ListenAddress::Parse(addresses.Of(route.listener).front())->port;
}

// With a number for each named part.
std::string PathOf(const ServerRoute& route) {
  std::string path;
  bool named = false;
  for (const char c : route.path) {
    if (c == '{') path += '1';
    named = c == '{' || (named && c != '}');
    if (!named && c != '}') path += c;
  }
  return path;
}

// Every route that there is, so that a new one cannot be forgotten.
TEST_F(ApiAuthTest, EveryRouteAsksForItsPermission) {
  Start("verify");
  const std::vector<ServerRoute> routes = server_->routes();
  const std::set<std::string> open = {"/healthz", "/readyz", "/health",
                                      "/openapi.json"};
  std::set<std::string> operations;
  for (const ApiOperation& operation : ApiOperations()) {
    operations.insert(std::string(operation.path));
  }
  std::map<std::string, int> tested;
  for (const ServerRoute& route : routes) {
    // These ask in their own order: the tests above and below.
    if (open.contains(route.path)) continue;
    if (route.listener == "xray_http" && operations.contains(route.path)) {
      continue;
    }
    ASSERT_NE(route.access, Access::kOpen) << route.path;
    ASSERT_NE(route.access, Access::kKnown) << route.path;
    const auto status = [&](const std::string& key) {
      TestClient client(PortOfRoute(server_->addresses(), route));
      const std::string headers =
          "Content-Type: application/json\r\n" + Bearer(key);
      client.Send(route.method == "POST"
                      ? Post(PathOf(route), "{}", headers)
                      : route.method + " " + PathOf(route) + " HTTP/1.1\r\n" +
                            headers + "\r\n");
      return client.Read().status;
    };
    const std::string name =
        route.listener + " " + route.method + " " + route.path;
    const bool xrays = route.path == "/metrics";
    EXPECT_EQ(status(""), xrays ? 403 : 401) << name;
    // Or it is told that it failed too often.
    EXPECT_THAT(status("nobody:wrong"), testing::AnyOf(xrays ? 403 : 401, 429))
        << name;
    for (const char* key : {kIngester, kReader, kAdmin, kAll}) {
      const int got = status(key);
      EXPECT_NE(got, 401) << name << " " << key;
      EXPECT_EQ(got != 403, MayCall(route.access, key)) << name << " " << key;
    }
    ++tested[route.listener];
  }
  EXPECT_THAT(tested, testing::UnorderedElementsAre(
                          testing::Pair("xray_http", testing::Ge(1)),
                          testing::Pair("otlp_http", testing::Ge(1)),
                          testing::Pair("admin_http", testing::Ge(20)),
                          testing::Pair("zipkin_http", testing::Ge(9)),
                          testing::Pair("jaeger_purge", 1)));
}

// A page of any origin must not reach any of them, on any listener.
TEST_F(ApiAuthTest, NoRouteIsServedToForeignPages) {
  for (const char* mode : {"off", "verify"}) {
    Start(mode);
    std::vector<ServerRoute> routes = server_->routes();
    const std::set<std::string> listeners = {
        "xray_http", "otlp_http", "admin_http", "zipkin_http", "jaeger_purge"};
    for (const std::string& listener : listeners) {
      routes.push_back({.listener = listener,
                        .method = "GET",
                        .path = "/nowhere",
                        .access = Access::kOpen});
    }
    for (const ServerRoute& route : routes) {
      const auto status = [&](const std::string& method,
                              const std::string& headers) {
        TestClient client(PortOfRoute(server_->addresses(), route));
        client.Send(method + " " + PathOf(route) + " HTTP/1.1\r\n" + headers +
                    "Authorization: Bearer " + kAll +
                    "\r\nContent-Length: 0\r\n\r\n");
        return client.Read().status;
      };
      const std::string name =
          route.listener + " " + route.method + " " + route.path;
      for (const char* foreign :
           {"Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n",
            "Host: 127.0.0.1\r\nOrigin: null\r\n",
            "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n",
            "Host: evil.example\r\nOrigin: http://evil.example\r\n",
            "Host: evil.example\r\nSec-Fetch-Site: same-origin\r\n"}) {
        EXPECT_EQ(status(route.method, foreign), 403) << name << foreign;
      }
      EXPECT_EQ(status("OPTIONS",
                       "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n"
                       "Access-Control-Request-Method: POST\r\n"),
                403)
          << name;
      EXPECT_NE(status(route.method,
                       "Host: localhost\r\nSec-Fetch-Site: same-origin\r\n"),
                403)
          << name;
    }
  }
}

TEST_F(ApiAuthTest, RefusalsHaveTheFormOfTheirApi) {
  Start("verify");
  const auto refusal = [&](const std::vector<std::string>& addresses,
                           const std::string& path) {
    TestClient client(PortOf(addresses));
    client.Send("GET " + path + " HTTP/1.1\r\n\r\n");
    TestResponse response = client.Read();
    EXPECT_EQ(response.headers["www-authenticate"], "Bearer") << path;
    return response.body;
  };
  const auto& admin = server_->addresses().Of("admin_http");
  EXPECT_THAT(refusal(admin, "/api/traces/1"),
              HasSubstr(R"("errors":[{"code":401,"msg":)"));
  EXPECT_THAT(refusal(admin, "/api/v3/services"),
              HasSubstr(R"({"error":{"grpcCode":16,"httpCode":401,)"));
  EXPECT_THAT(
      refusal(server_->addresses().Of("zipkin_http"), "/api/v2/trace/1"),
      testing::EndsWith("\n"));
}

TEST_F(ApiAuthTest, TheOrderOfChecksIsAwss) {
  Start("verify");
  // Who it is, then JSON, then the shape, then whether they may.
  EXPECT_EQ(Refusal("/CreateGroup", "", "x"),
            "MissingAuthenticationTokenException");
  EXPECT_EQ(Refusal("/Nowhere", "", "x"),
            "MissingAuthenticationTokenException");
  EXPECT_EQ(Refusal("/Nowhere", kReader), "UnknownOperationException");
  EXPECT_EQ(Refusal("/CreateGroup", kReader, "x"), "SerializationException");
  EXPECT_EQ(Refusal("/CreateGroup", kReader, "{}"), "ValidationException");
  const std::string legal = R"({"GroupName":"Default"})";
  EXPECT_EQ(Refusal("/CreateGroup", kReader, legal), "AccessDeniedException");
  EXPECT_EQ(Refusal("/CreateGroup", kAdmin, legal), "InvalidRequestException");
  EXPECT_EQ(Refusal("/TraceSegments", kReader, "x"), "SerializationException");
  EXPECT_EQ(
      Refusal("/TraceSegments", kReader, R"({"TraceSegmentDocuments":["{}"]})"),
      "AccessDeniedException");
  EXPECT_EQ(Refusal("/TraceSegments", kIngester,
                    R"({"TraceSegmentDocuments":["{}"]})"),
            "");
}

TEST_F(ApiAuthTest, UnsignedSamplingIsASetting) {
  const std::string report = R"({"SamplingStatisticsDocuments":[]})";
  for (const char* mode : {"shape", "verify"}) {
    for (const char* sampling : {"loopback", "anybody"}) {
      Start(mode, sampling);
      EXPECT_EQ(Refusal("/GetSamplingRules", "", ""), "");
      EXPECT_EQ(Refusal("/SamplingTargets", "", report), "");
      EXPECT_EQ(Refusal("/Groups", ""), "MissingAuthenticationTokenException");
      EXPECT_EQ(Refusal("/SamplingStatisticSummaries", ""),
                "MissingAuthenticationTokenException");
    }
    // What a proxy passes on may be from anywhere.
    for (const char* header :
         {"Forwarded: for=192.0.2.1\r\n", "x-forwarded-for: 192.0.2.1\r\n",
          "X-Real-IP: 192.0.2.1\r\n", "Via: 1.1 proxy\r\n"}) {
      Start(mode, "loopback");
      EXPECT_EQ(Refusal("/GetSamplingRules", "", "", header),
                "MissingAuthenticationTokenException");
      Start(mode, "anybody");
      EXPECT_EQ(Refusal("/GetSamplingRules", "", "", header), "");
    }
    Start(mode, "nobody");
    EXPECT_EQ(Refusal("/GetSamplingRules", "", ""),
              "MissingAuthenticationTokenException");
  }
}

TEST_F(ApiAuthTest, ShapeDoesNotCheckSecrets) {
  Start("shape");
  EXPECT_EQ(Refusal("/Groups", "any:thing"), "");
  EXPECT_EQ(Refusal("/Groups", "x"), "IncompleteSignatureException");
}

TEST_F(ApiAuthTest, OffAsksForNothing) {
  Start("off");
  EXPECT_EQ(Refusal("/Groups", ""), "");
  EXPECT_EQ(Refusal("/Groups", "x"), "");
  EXPECT_EQ(AdminStatus("/metrics", ""), 200);
}

TEST_F(ApiAuthTest, HealthIsOpenAndMetricsAreNot) {
  Start("verify");
  for (const char* path : {"/healthz", "/readyz", "/openapi.json"}) {
    EXPECT_EQ(AdminStatus(path, ""), 200) << path;
  }
  EXPECT_EQ(AdminStatus("/metrics", ""), 403);
  EXPECT_EQ(AdminStatus("/metrics", kIngester), 403);
  EXPECT_EQ(AdminStatus("/metrics", kReader), 200);
}

TEST(ApiAuthConfigTest, WhatWouldBeOpenIsRefused) {
  Config config;
  config.store = "memory";
  config.auth_mode = "verify";
  config.network_plaintext = "allowed";
  config.xray_http_listen = config.grpc_listen = config.admin_http_listen = {};
  config.otlp_http_listen = config.xray_udp_listen = {};
  config.log_level = "off";
  EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
              HasSubstr("auth.keys_file"));
  EXPECT_THAT(CheckConfig(config, SystemClock().Now().ToTime()).message(),
              HasSubstr("auth.keys_file"));
  config.auth_keys_file = std::string(std::getenv("TEST_TMPDIR")) + "/k.yaml";
  std::ofstream(config.auth_keys_file) << kKeys;
  EXPECT_TRUE(Server::Start(config, SystemClock()).ok());
  config.xray_udp_listen = {"0.0.0.0:0"};
  EXPECT_THAT(Server::Start(config, SystemClock()).status().message(),
              HasSubstr("auth.remote_udp"));
  EXPECT_FALSE(CheckConfig(config, SystemClock().Now().ToTime()).ok());
  config.auth_remote_udp = true;
  EXPECT_TRUE(CheckConfig(config, SystemClock().Now().ToTime()).ok());
  config.insights_webhook_url = "ftp://x";
  EXPECT_FALSE(CheckConfig(config, SystemClock().Now().ToTime()).ok());
  EXPECT_FALSE(Server::Start(config, SystemClock()).ok());
  config.insights_webhook_url.clear();
  EXPECT_TRUE(Server::Start(config, SystemClock()).ok());
}

}  // namespace
}  // namespace roentgen::server
