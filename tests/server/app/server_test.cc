// The wired server in this process, on free ports.
#include "server/app/server.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "server/app/serve_command.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Scratch(const std::string& name) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::filesystem::remove_all(path);
  return path;
}

Config FreePorts(const std::string& store) {
  Config config;
  config.store = store;
  config.data_dir = Scratch("data");
  config.xray_http_listen = {"127.0.0.1:0"};
  config.xray_udp_listen = {"127.0.0.1:0"};
  config.grpc_listen = {"127.0.0.1:0"};
  config.otlp_http_listen = {"127.0.0.1:0"};
  config.admin_http_listen = {"127.0.0.1:0"};
  return config;
}

std::unique_ptr<Server> StartOrDie(const Config& config) {
  auto server = Server::Start(config, SystemClock());
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

uint16_t PortOf(const std::string& address) {
  return ListenAddress::Parse(address)->port;
}

TestResponse Call(const Server& server, std::string_view path,
                  std::string_view body) {
  TestClient client(PortOf(server.addresses().Of("xray_http")[0]));
  client.Send(Post(path, body));
  return client.Read();
}

std::string AdminText(const Server& server, const std::string& path) {
  TestClient client(PortOf(server.addresses().Of("admin_http")[0]));
  client.Send("GET " + path + " HTTP/1.1\r\n\r\n");
  return client.Read().body;
}

constexpr const char* kPut =
    R"({"TraceSegmentDocuments":["{\"name\":\"shop\",)"
    R"(\"id\":\"a1b2c3d4e5f60718\",)"
    R"(\"trace_id\":\"1-66f01000-0123456789abcdef01234567\",)"
    R"(\"start_time\":1727008768.1,\"end_time\":1727008768.35}"]})";
constexpr const char* kGet =
    R"({"TraceIds":["1-66f01000-0123456789abcdef01234567"]})";

class ServerTest : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Stores, ServerTest,
                         testing::Values("memory", "rocksdb"));

TEST_P(ServerTest, TakesSegmentsInAndGivesTracesOut) {
  const auto server = StartOrDie(FreePorts(GetParam()));
  EXPECT_EQ(Call(*server, "/TraceSegments", kPut).body,
            R"({"UnprocessedTraceSegments":[]})");
  EXPECT_THAT(Call(*server, "/Traces", kGet).body,
              HasSubstr("a1b2c3d4e5f60718"));
  EXPECT_EQ(AdminText(*server, "/readyz"), "ready\n");
  const std::string metrics = AdminText(*server, "/metrics");
  EXPECT_THAT(
      metrics,
      HasSubstr(
          "roentgen_ingest_documents_accepted_total{source=\"http\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("roentgen_http_requests_total{operation="
                                 "\"PutTraceSegments\",status=\"200\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("process_resident_memory_bytes "));
  EXPECT_TRUE(server->Shutdown().ok());
  EXPECT_TRUE(server->Shutdown().ok());
}

constexpr const char* kSpans =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)"
    R"("traceId":"66f010000123456789abcdef01234567",)"
    R"("spanId":"a1b2c3d4e5f60718","kind":2,"name":"shop",)"
    R"("startTimeUnixNano":"1727008768100000000",)"
    R"("endTimeUnixNano":"1727008768350000000"}]}]}]})";

TEST_P(ServerTest, TakesSpansInAndGivesTracesOut) {
  const auto server = StartOrDie(FreePorts(GetParam()));
  for (const auto* addresses : {&server->addresses().Of("otlp_http"),
                                &server->addresses().Of("xray_http")}) {
    TestClient client(PortOf(addresses->at(0)));
    client.Send(
        Post("/v1/traces", kSpans, "Content-Type: application/json\r\n"));
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
  }
  EXPECT_THAT(Call(*server, "/Traces", kGet).body,
              HasSubstr("a1b2c3d4e5f60718"));
  const std::string metrics = AdminText(*server, "/metrics");
  EXPECT_THAT(metrics, HasSubstr("roentgen_ingest_accepted_spans_total{"
                                 "protocol=\"otlp\",transport=\"http\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("roentgen_http_requests_total{operation="
                                 "\"ExportTraces\",status=\"200\"} 2\n"));
}

TEST(ServerStoreTest, KeepsTracesOverARestart) {
  const Config config = FreePorts("rocksdb");
  auto server = StartOrDie(config);
  Call(*server, "/TraceSegments", kPut);
  ASSERT_TRUE(server->Shutdown().ok());
  server = StartOrDie(config);
  EXPECT_THAT(Call(*server, "/Traces", kGet).body,
              HasSubstr("a1b2c3d4e5f60718"));
  EXPECT_THAT(AdminText(*server, "/metrics"),
              HasSubstr("roentgen_store_sync_seconds_count "));
}

TEST(ServerStoreTest, RefusesFolderInUse) {
  Config config = FreePorts("rocksdb");
  const auto first = StartOrDie(config);
  const auto second = Server::Start(config, SystemClock());
  EXPECT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(config.data_dir));
}

TEST(ServerListenTest, WritesPortsFileOnceReady) {
  Config config = FreePorts("memory");
  config.ports_file = Scratch("ports.json");
  const auto server = StartOrDie(config);
  std::ifstream file(config.ports_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, server->addresses().ToJson() + "\n");
  EXPECT_THAT(text, HasSubstr("{\"xray_http\":[\"127.0.0.1:"));
  EXPECT_THAT(text, Not(HasSubstr(":0\"")));
}

TEST(ServerListenTest, EmptyListsSwitchListenersOff) {
  Config config = FreePorts("memory");
  config.xray_udp_listen = {};
  config.grpc_listen = {};
  config.xray_http_listen = {"127.0.0.1:0", "[::1]:0"};
  const auto server = StartOrDie(config);
  EXPECT_THAT(server->addresses().Of("xray_udp"), IsEmpty());
  EXPECT_THAT(server->addresses().Of("grpc"), IsEmpty());
  EXPECT_THAT(server->addresses().Of("xray_http"), SizeIs(2));
}

TEST(ServerListenTest, NamesTheAddressItCannotHave) {
  const auto first = StartOrDie(FreePorts("memory"));
  Config config = FreePorts("memory");
  config.xray_http_listen = first->addresses().Of("xray_http");
  const auto second = Server::Start(config, SystemClock());
  EXPECT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(config.xray_http_listen[0]));
}

TEST(ServeCommandTest, ChecksConfigurationWithoutStarting) {
  EXPECT_EQ(RunServe({"--check-config"}), 0);
  EXPECT_EQ(RunServe({"--check-config", "--store=tape"}), 2);
  EXPECT_EQ(RunServe({"--help"}), 0);
}

}  // namespace
}  // namespace roentgen::server
