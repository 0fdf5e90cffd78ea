// Bad input to all operations of X-Ray, made from the model's table, against
// the wired server: the documented error in AWS's form for every member of
// every request.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "server/app/server.h"
#include "server/xray/model/api_model.h"
#include "tests/server/app/api_samples.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

enum class Outcome { kSerialization, kValidation };

struct Case {
  const ApiOperation* operation;
  std::string body;
  Outcome outcome;
  std::string about;  // Must be in the message; empty: anything.
};

// Visits every place of a shape.
using Visit = std::function<void(const ApiShape&, const std::string& path,
                                 bool required)>;
void Walk(const ApiShape& shape, const std::string& path, bool required,
          const Visit& visit) {
  if (!path.empty()) visit(shape, path, required);
  for (const ApiMember& member : shape.members) {
    Walk(*member.shape, path + "." + std::string(member.name), member.required,
         visit);
  }
  if (shape.type == ShapeType::kList) {
    Walk(*shape.element, path + "[]", false, visit);
  } else if (shape.type == ShapeType::kMap) {
    Walk(*shape.element, path + "{}", false, visit);
  }
}

std::vector<std::string> WrongTypes(const ApiShape& shape) {
  switch (shape.type) {
    case ShapeType::kStructure:
    case ShapeType::kUnion:
    case ShapeType::kMap:
      return {"[]", "1", "\"x\"", "true"};
    case ShapeType::kList:
      return {"{}", "1", "\"x\"", "true"};
    case ShapeType::kString:
      return {"{}", "[]", "1", "true"};
    case ShapeType::kBoolean:
      return {"{}", "[]", "1", "\"true\""};
    case ShapeType::kTimestamp:
      if (shape.sender) return {"{}", "[]", "true"};
      return {"{}", "[]", "true", "\"soon\""};
    case ShapeType::kInteger:
      return {"{}", "[]", "\"1\"", "true", "1.5", "1e300", "3000000000"};
    case ShapeType::kLong:
      return {"{}", "[]", "\"1\"", "true", "1.5", "1e300"};
    case ShapeType::kDouble:
      return {"{}", "[]", "\"1\"", "true"};
  }
  return {};
}

// Texts that break a bound, a pattern or an enumeration.
std::vector<std::string> Illegal(const ApiShape& shape) {
  std::vector<std::string> out;
  const bool text = shape.type == ShapeType::kString;
  const bool number = shape.type == ShapeType::kInteger ||
                      shape.type == ShapeType::kLong ||
                      shape.type == ShapeType::kDouble;
  if (text && shape.max) {
    out.push_back("\"" + std::string(static_cast<size_t>(*shape.max) + 1, 'a') +
                  "\"");
  }
  if (text && MinLength(shape) > 0) {
    out.push_back("\"" + std::string(MinLength(shape) - 1, 'a') + "\"");
  }
  if (text && !shape.values.empty()) out.emplace_back("\"Bogus\"");
  if (text && !shape.pattern.empty()) out.emplace_back("\"a b?\"");
  if (number && shape.max) {
    out.push_back(std::to_string(static_cast<int64_t>(*shape.max) + 1));
  }
  if (number && shape.min) {
    out.push_back(std::to_string(static_cast<int64_t>(*shape.min) - 1));
  }
  if (shape.type == ShapeType::kTimestamp && !shape.sender) {
    out.emplace_back("1e30");
  }
  if (shape.type == ShapeType::kList && shape.max) {
    std::string list;
    for (int i = 0; i <= static_cast<int>(*shape.max); ++i) {
      list += (i == 0 ? "" : ",") + Sample(*shape.element, "", {});
    }
    out.push_back("[" + list + "]");
  }
  if (shape.type == ShapeType::kMap && shape.max) {
    std::string map;
    for (int i = 0; i <= static_cast<int>(*shape.max); ++i) {
      map += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
    }
    out.push_back("{" + map + "}");
  }
  return out;
}

std::string LastName(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const ApiOperation& operation : ApiOperations()) {
    const ApiShape& input = *operation.input;
    for (const char* body : {"x", "{", "[1]", "\"a\"", "1", "{\"a\":1} {}",
                             "{\"a\":\"\\x\"}", "\xFF", "{\"a\":01}"}) {
      cases.push_back({&operation, body, Outcome::kSerialization, ""});
    }
    cases.push_back(
        {&operation,
         "{\"a\":" + std::string(2'000, '[') + std::string(2'000, ']') + "}",
         Outcome::kSerialization, ""});
    Walk(input, "", false,
         [&](const ApiShape& shape, const std::string& path, bool required) {
           for (const std::string& text : WrongTypes(shape)) {
             cases.push_back({&operation, Sample(input, "", {path, text}),
                              Outcome::kSerialization, ""});
           }
           for (const std::string& text : Illegal(shape)) {
             cases.push_back({&operation, Sample(input, "", {path, text}),
                              Outcome::kValidation, ""});
           }
           if (!required) return;
           // "'groupName'", or the end of a longer path.
           const std::string name = LastName(path).substr(1) + "'";
           cases.push_back({&operation, Sample(input, "", {path, "null"}),
                            Outcome::kValidation, name});
           cases.push_back({&operation, Sample(input, "", {path, ""}),
                            Outcome::kValidation, name});
         });
  }
  return cases;
}

class ApiMatrixTest : public testing::Test {
 protected:
  ApiMatrixTest() {
    Config config;
    config.store = "memory";
    config.xray_http_listen = {"127.0.0.1:0"};
    config.xray_udp_listen = {};
    config.grpc_listen = {};
    config.otlp_http_listen = {};
    config.admin_http_listen = {};
    config.log_level = "off";
    auto server = Server::Start(config, SystemClock());
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto address =
        ListenAddress::Parse(server_->addresses().Of("xray_http")[0]);
    client_ = std::make_unique<TestClient>(address->port);
  }

  TestResponse Call(std::string_view path, std::string_view body) {
    client_->Send(Post(path, body));
    return client_->Read();
  }

  std::unique_ptr<Server> server_;
  std::unique_ptr<TestClient> client_;
};

TEST_F(ApiMatrixTest, EveryBadRequestIsRefusedInAwsForm) {
  const std::vector<Case> cases = AllCases();
  size_t wrong = 0;
  for (const Case& c : cases) {
    const TestResponse response = Call(c.operation->path, c.body);
    const std::string name = c.outcome == Outcome::kSerialization
                                 ? "SerializationException"
                                 : "ValidationException";
    const auto error = response.headers.find("x-amzn-errortype");
    const bool fine = response.status == 400 &&
                      error != response.headers.end() &&
                      error->second == name &&
                      response.body.find(c.about) != std::string::npos;
    EXPECT_TRUE(fine) << c.operation->name << " " << c.body.substr(0, 300)
                      << "\nexpected " << name << " " << c.about << "\nis "
                      << response.status << " " << response.body.substr(0, 300);
    if (!fine && ++wrong > 10) break;
    EXPECT_EQ(response.headers.count("x-amzn-requestid"), 1u);
    EXPECT_THAT(response.body, HasSubstr("\"Message\":\""));
  }
  std::printf("%zu bad requests over %zu operations\n", cases.size(),
              ApiOperations().size());
  EXPECT_EQ(ApiOperations().size(), 38u);
  EXPECT_GT(cases.size(), 1'500u);
}

// What the model allows gets as far as the operation itself.
TEST_F(ApiMatrixTest, LegalRequestsPassTheTable) {
  for (const ApiOperation& operation : ApiOperations()) {
    const std::string legal = Sample(*operation.input, "", {});
    std::string more = legal;
    more.replace(0, 1,
                 std::string("{\"Unknown\":{\"a\":[1,null,1e400]}") +
                     (legal == "{}" ? "" : ","));
    for (const std::string& body : {legal, more}) {
      const TestResponse response = Call(operation.path, body);
      const auto error = response.headers.find("x-amzn-errortype");
      if (error == response.headers.end()) {
        EXPECT_EQ(response.status, 200) << operation.name;
        continue;
      }
      EXPECT_NE(error->second, "SerializationException")
          << operation.name << body << response.body;
      EXPECT_NE(error->second, "ValidationException")
          << operation.name << body << response.body;
      EXPECT_NE(error->second, "UnknownOperationException") << operation.name;
      EXPECT_LT(response.status, 500) << operation.name << response.body;
    }
  }
}

TEST_F(ApiMatrixTest, OtherMethodsAndPathsAreUnknown) {
  for (const ApiOperation& operation : ApiOperations()) {
    const std::string path(operation.path);
    client_->Send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const TestResponse other = client_->Read();
    EXPECT_EQ(other.status, 405) << path;
    EXPECT_EQ(other.headers.at("allow"), "POST") << path;
    for (const std::string& wrong : {path + "/", path + "x", "/x" + path}) {
      const TestResponse response = Call(wrong, "{}");
      EXPECT_EQ(response.status, 404) << wrong;
      EXPECT_EQ(response.headers.at("x-amzn-errortype"),
                "UnknownOperationException");
    }
    // Paths are case-sensitive.
    std::string lower = path;
    lower[1] = static_cast<char>(std::tolower(lower[1]));
    EXPECT_EQ(Call(lower, "{}").status, 404) << lower;
  }
}

TEST_F(ApiMatrixTest, BothOrNeitherOfExclusiveMembersAreRefused) {
  struct Pair {
    const char* path;
    const char* body;
    const char* message;
  };
  const std::string rule =
      R"("ResourceARN":"*","Priority":1,"FixedRate":1,"ReservoirSize":0,)"
      R"("ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*",)"
      R"("URLPath":"*","Version":1)";
  const std::string both =
      R"({"SamplingRule":{"RuleName":"a","RuleARN":"b",)" + rule + "}}";
  const std::string neither = R"({"SamplingRule":{)" + rule + "}}";
  for (const Pair& c :
       {Pair{"/CreateSamplingRule", both.c_str(),
             "Request cannot contain both sampling rule name and sampling rule "
             "ARN"},
        Pair{"/CreateSamplingRule", neither.c_str(),
             "Request must contain either sampling rule name or sampling rule "
             "ARN"},
        Pair{"/UpdateSamplingRule",
             R"({"SamplingRuleUpdate":{"RuleName":"a","RuleARN":"b"}})",
             "Request cannot contain both"},
        Pair{"/DeleteSamplingRule", R"({"RuleName":"a","RuleARN":"b"})",
             "Request cannot contain both"},
        Pair{"/DeleteSamplingRule", "{}", "Request must contain either"},
        Pair{"/GetGroup", "{}", "Provide either GroupName or GroupARN"},
        Pair{"/DeleteGroup", "", "Provide either GroupName or GroupARN"},
        Pair{"/UpdateIndexingRule", R"({"Name":"Default","Rule":{}})",
             "Probabilistic"},
        Pair{"/InsightSummaries", R"({"StartTime":1,"EndTime":2})", "Group"},
        Pair{"/PutEncryptionConfig", R"({"Type":"NONE","KeyId":"k"})",
             "KeyId must not be given"},
        Pair{"/PutEncryptionConfig", R"({"Type":"KMS"})",
             "KeyId must be given"}}) {
    const TestResponse response = Call(c.path, c.body);
    EXPECT_EQ(response.status, 400) << c.path << response.body;
    EXPECT_EQ(response.headers.at("x-amzn-errortype"),
              "InvalidRequestException")
        << c.path << response.body;
    EXPECT_THAT(response.body, HasSubstr(c.message)) << c.path;
  }
}

}  // namespace
}  // namespace roentgen::server
