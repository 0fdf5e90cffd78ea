// Files of the field (README.md here names them) into a whole server, and what
// their senders expect to read back.
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_replace.h"
#include "base/clock.h"
#include "base/json_writer.h"
#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "server/app/server.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string FileOf(const std::string& name) {
  std::ifstream file("tests/field/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// JSON without the blanks between its tokens.
std::string Packed(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (in_text && json[i] == '\\') out += json[i++];
    if (json[i] == '"') in_text = !in_text;
    if (in_text || std::isspace(static_cast<unsigned char>(json[i])) == 0) {
      out += json[i];
    }
  }
  return out;
}

class FieldFilesTest : public testing::TestWithParam<std::string> {
 protected:
  FieldFilesTest() {
    Config config;
    config.store = GetParam();
    config.data_dir = std::string(std::getenv("TEST_TMPDIR")) + "/data";
    std::filesystem::remove_all(config.data_dir);
    config.xray_http_listen = {"127.0.0.1:0"};
    config.xray_udp_listen = {};
    config.grpc_listen = {};
    config.otlp_http_listen = {"127.0.0.1:0"};
    config.zipkin_http_listen = {"127.0.0.1:0"};
    config.admin_http_listen = {"127.0.0.1:0"};
    auto server = Server::Start(config, SystemClock());
    EXPECT_TRUE(server.ok()) << server.status();
    if (server.ok()) server_ = *std::move(server);
  }

  static std::string Send(const std::string& address,
                          const std::string& request) {
    TestClient client(ListenAddress::Parse(address)->port);
    client.Send(request);
    return client.Read().body;
  }
  std::string Xray(std::string_view path, std::string_view body) {
    return Send(server_->addresses().Of("xray_http")[0], Post(path, body));
  }
  std::string TraceOf(const std::string& id) {
    return Xray("/Traces", R"({"TraceIds":[")" + id + "\"]}");
  }
  std::string MapOf(const std::string& id) {
    return Xray("/TraceGraph", R"({"TraceIds":[")" + id + "\"]}");
  }
  std::string Put(const std::string& document) {
    std::string body;
    JsonWriter json(body);
    json.BeginObject();
    json.Key("TraceSegmentDocuments").BeginArray();
    json.String(document);
    json.EndArray();
    json.EndObject();
    return Xray("/TraceSegments", body);
  }
  std::string Export(const std::string& file) {
    return Send(
        server_->addresses().Of("otlp_http")[0],
        Post("/v1/traces", FileOf(file), "Content-Type: application/json\r\n"));
  }
  std::string Jaeger(const std::string& path) {
    return Send(server_->addresses().Of("admin_http")[0],
                "GET " + path + " HTTP/1.1\r\n\r\n");
  }
  std::string Zipkin(const std::string& path) {
    return Send(server_->addresses().Of("zipkin_http")[0],
                "GET " + path + " HTTP/1.1\r\n\r\n");
  }

  std::unique_ptr<Server> server_;
};
INSTANTIATE_TEST_SUITE_P(Stores, FieldFilesTest,
                         testing::Values("memory", "rocksdb"));

constexpr const char* kAllTaken = R"({"UnprocessedTraceSegments":[]})";

// Ids in capitals, times as numbers.
TEST_P(FieldFilesTest, TheExampleOfOtlpIsASegmentOfItsService) {
  EXPECT_EQ(Export("otlp_proto_trace.json"), "{}");
  EXPECT_THAT(
      TraceOf("1-5b8efff7-98038103d269b633813fc60c"),
      AllOf(HasSubstr(R"(\"id\":\"eee19b7ec3c1b174\")"),
            HasSubstr(R"(\"parent_id\":\"eee19b7ec3c1b173\")"),
            HasSubstr(R"(\"name\":\"my.service\")"),
            HasSubstr(R"(\"my.span.attr\":\"some value\")"),
            HasSubstr(R"(\"start_time\":1544712660,\"end_time\":1544712661)")));
}

// A proxy's statuses are text, and the spans that it sends on are no services.
TEST_P(FieldFilesTest, ThoseOfAProxyAreFoundByStatusAndError) {
  EXPECT_EQ(Export("jaeger_envoy.json"), "{}");
  const std::string map = MapOf("1-3e241b73-1fcf87976a3d50f5a7cc4d94");
  EXPECT_THAT(map, HasSubstr(R"("Name":"frontend-proxy")"));
  EXPECT_THAT(map, Not(HasSubstr("router frontend egress")));
  EXPECT_THAT(map, HasSubstr(R"("OkCount":1)"));
  EXPECT_THAT(map, HasSubstr(R"("FaultStatistics":{"OtherCount":1,)"));
  const std::string window =
      "&start=1786060420000000&end=1786060450000000&limit=5";
  for (const char* tags :
       {R"({"error":"true"})", R"({"http.status_code":"504"})",
        R"({"span.kind":"server"})"}) {
    const std::string escaped =
        absl::StrReplaceAll(tags, {{"{", "%7B"}, {"}", "%7D"}, {"\"", "%22"}});
    EXPECT_THAT(
        Jaeger("/api/traces?service=frontend-proxy&tags=" + escaped + window),
        HasSubstr(R"("traceID":"3e241b731fcf87976a3d50f5a7cc4d94")"))
        << tags;
  }
  EXPECT_THAT(Jaeger("/api/traces?service=frontend-proxy&tags="
                     "%7B%22http.status_code%22:%22404%22%7D" +
                     window),
              HasSubstr(R"("data":[])"));
}

// What was sent twice is shown twice here: nothing is kept.
TEST_P(FieldFilesTest, JaegersTransformAnswersWhatJaegersDoes) {
  EXPECT_EQ(
      Packed(Send(server_->addresses().Of("admin_http")[0],
                  Post("/api/transform", FileOf("jaeger_transform_in.json")))),
      Packed(FileOf("jaeger_transform_out.json")));
}

// Both sides of a call have one id, and the callee's clock is behind.
TEST_P(FieldFilesTest, SharedIdsWithSkewedClocksAreOneCall) {
  Send(server_->addresses().Of("zipkin_http")[0],
       Post("/api/v2/spans", FileOf("zipkin_skew.json"),
            "Content-Type: application/json\r\n"));
  EXPECT_EQ(Zipkin("/api/v2/dependencies?endTs=1470150005000&lookback=100000"),
            R"([{"parent":"servicea","child":"serviceb","callCount":1}])");
  EXPECT_EQ(Zipkin("/api/v2/services"), R"(["servicea","serviceb"])");
  const std::string trace = Zipkin("/api/v2/trace/1e223ff1f80f1c69");
  for (const char* time : {"1470150004008762", "1470150004008761",
                           "1470150004071068", "1470150004074202"}) {
    EXPECT_THAT(trace, HasSubstr(std::string(R"("timestamp":)") + time));
  }
  EXPECT_THAT(MapOf("1-00000000-000000001e223ff1f80f1c69"),
              AllOf(HasSubstr(R"("Name":"servicea")"),
                    HasSubstr(R"("Name":"serviceb")")));
}

TEST_P(FieldFilesTest, SubsegmentsThatCameAloneAreShown) {
  const std::string sql = FileOf("collector_sql.json");
  EXPECT_EQ(Put(sql), kAllTaken);
  // Its time is one of the year 2438, after what 64 bits of nanoseconds count.
  const std::string late = FileOf("collector_content_length.json");
  EXPECT_THAT(Put(late), HasSubstr("ParseError"));
  EXPECT_EQ(Put(absl::StrReplaceAll(late, {{"14782323361.271", "1484872218"},
                                           {"14789232374.449", "1484872219"}})),
            kAllTaken);
  const std::string id = "1-581cf771-a006649127e371903a2de979";
  EXPECT_THAT(TraceOf(id), AllOf(HasSubstr("3fd8634e78ca9560"),
                                 HasSubstr(R"(\"content_length\":861)")));
  EXPECT_THAT(MapOf(id),
              AllOf(HasSubstr(R"("Name":"api.example.com")"),
                    HasSubstr(R"("Name":"ebdb@aawijb5u25wdoy.cpamxznpdoq8)")));
}

TEST_P(FieldFilesTest, SegmentsKeepWhatTheyKnowOfTheirHost) {
  EXPECT_EQ(Put(FileOf("collector_aws_fields.json")), kAllTaken);
  EXPECT_EQ(Put(FileOf("collector_cause_id.json")), kAllTaken);
  EXPECT_THAT(TraceOf("1-5f2aebcc-b475d14618c51eaa28753d37"),
              AllOf(HasSubstr("containerId1234"),
                    HasSubstr("i-075ad396f12bc325a"), HasSubstr("scorekeep")));
  EXPECT_THAT(TraceOf("1-5f187253-6a106696d56b1f4ef9eba2ed"),
              HasSubstr(R"(\"fault\":true)"));
}

}  // namespace
}  // namespace roentgen::server
