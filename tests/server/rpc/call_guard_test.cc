// Who may call which method, of all that the server has.
#include "server/rpc/call_guard.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/v1/method_access.h"
#include "tests/server/v1/api_fixture.h"

namespace roentgen::server {
namespace {

using google::protobuf::UnknownFieldSet;
using testing::HasSubstr;

// Of AccessKey::Permissions, one at a time.
const std::map<std::string, Permissions> kKeys = {
    {"ingester", {.ingest = true}},
    {"reader", {.read = true}},
    {"admin", {.administer = true}},
};
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

Authenticator Verifying() {
  std::vector<AccessKey> keys;
  for (const auto& [id, permissions] : kKeys) {
    keys.push_back({.id = id,
                    .secret = kSecret,
                    .session_token = {},
                    .permissions = permissions});
  }
  return Authenticator({.mode = AuthMode::kVerify}, *KeyRing::Make(keys));
}

// The length-delimited fields `number` of a message.
std::vector<std::string> Fields(const std::string& bytes, int number) {
  google::protobuf::Empty message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  const UnknownFieldSet& fields =
      message.GetReflection()->GetUnknownFields(message);
  std::vector<std::string> out;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() == number) {
      out.push_back(fields.field(i).length_delimited());
    }
  }
  return out;
}

class CallGuardTest : public ApiFixture {
 protected:
  CallGuardTest() { Start(&authenticator_); }

  // One message to a method, and what came of it; any kind of method.
  grpc::Status Send(const std::string& path, const std::string& bytes,
                    const std::string& authorization,
                    std::string* answer = nullptr) {
    grpc::GenericStub stub(channel_);
    grpc::CompletionQueue queue;
    grpc::ClientContext call;
    if (!authorization.empty()) {
      call.AddMetadata("authorization", authorization);
    }
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    const auto stream = stub.PrepareCall(&call, path, &queue);
    stream->StartCall(nullptr);
    wait();
    const grpc::Slice slice(bytes);
    stream->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
    wait();
    grpc::ByteBuffer response;
    stream->Read(&response, nullptr);
    if (wait()) {
      grpc::Slice whole;
      EXPECT_TRUE(response.DumpToSingleSlice(&whole).ok());
      if (answer != nullptr) {
        answer->assign(reinterpret_cast<const char*>(whole.begin()),
                       whole.size());
      }
      call.TryCancel();  // A stream may go on.
    }
    grpc::Status status;
    stream->Finish(&status, nullptr);
    wait();
    return status;
  }

  // Of every method that the server says it has.
  std::vector<const google::protobuf::MethodDescriptor*> Methods() {
    // ServerReflectionRequest.list_services and ServerReflectionResponse.
    std::string answer;
    Send("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
         std::string("\x3a\x01*", 3), "", &answer);
    std::vector<const google::protobuf::MethodDescriptor*> out;
    for (const std::string& list : Fields(answer, 6)) {
      for (const std::string& service : Fields(list, 1)) {
        const std::string name = Fields(service, 1).at(0);
        if (!name.starts_with("roentgen.v1.") && !name.starts_with("jaeger.")) {
          continue;
        }
        const auto* found = google::protobuf::DescriptorPool::generated_pool()
                                ->FindServiceByName(name);
        for (int i = 0; i < found->method_count(); ++i) {
          out.push_back(found->method(i));
        }
      }
    }
    return out;
  }
  static std::string PathOf(const google::protobuf::MethodDescriptor& method) {
    return '/' + method.service()->full_name() + '/' + method.name();
  }

  const Authenticator authenticator_ = Verifying();
};

TEST_F(CallGuardTest, EveryMethodRefusesWhoeverSaysNothing) {
  const auto methods = Methods();
  EXPECT_GT(methods.size(), 45u);
  for (const auto* method : methods) {
    const grpc::Status status = Send(PathOf(*method), "", "");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << method->full_name();
    EXPECT_EQ(status.error_message(), "Missing Authentication Token");
  }
}

TEST_F(CallGuardTest, EveryMethodAsksForItsPermissionOnly) {
  for (const auto* method : Methods()) {
    const bool is_jaeger = method->full_name().starts_with("jaeger.");
    const Access access =
        is_jaeger ? Access::kRead : AccessOfV1Method(method->name());
    for (const auto& [id, may] : kKeys) {
      const bool allowed = access == Access::kIngest     ? may.ingest
                           : access == Access::kRead     ? may.read
                           : access == Access::kSampling ? !may.administer
                                                         : may.administer;
      if (allowed) continue;
      const grpc::Status status =
          Send(PathOf(*method), "", "Bearer " + id + ":" + kSecret);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
          << method->full_name() << " by " << id;
      EXPECT_THAT(status.error_message(), HasSubstr("xray:" + method->name()));
    }
  }
}

TEST(CallGuardTableTest, WhatMethodsNeed) {
  struct Case {
    const char* method;
    Access access;
  };
  const Case cases[] = {
      {"PutTraceSegments", Access::kIngest},
      {"StreamTraceSegments", Access::kIngest},
      {"PutTraceSegmentsAcked", Access::kIngest},
      {"PutTelemetryRecords", Access::kIngest},
      {"GetSamplingTargets", Access::kSampling},
      {"TailTraceSummaries", Access::kRead},
      {"StreamServiceGraph", Access::kRead},
      {"StartTraceRetrieval", Access::kRead},
      {"ListGroups", Access::kRead},
      {"CreateGroup", Access::kAdminister},
      {"TagResource", Access::kAdminister},
      {"SomethingNew", Access::kAdminister},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(AccessOfV1Method(c.method), c.access) << c.method;
  }
}

TEST_F(CallGuardTest, KeysOpenWhatTheyMay) {
  struct Case {
    const char* path;
    const char* id;
  };
  const Case cases[] = {
      {"/roentgen.v1.SamplingService/GetSamplingRules", "reader"},
      {"/roentgen.v1.SamplingService/GetSamplingRules", "ingester"},
      {"/roentgen.v1.GroupService/ListGroups", "reader"},
      {"/roentgen.v1.TraceService/StreamTraceSegments", "ingester"},
      {"/roentgen.v1.TraceService/TailTraceSummaries", "reader"},
      {"/roentgen.v1.AccountService/GetEncryptionConfig", "reader"},
      {"/roentgen.v1.SamplingService/DeleteSamplingRule", "admin"},
  };
  for (const Case& c : cases) {
    const grpc::Status status =
        Send(c.path, "", std::string("bearer ") + c.id + ":" + kSecret);
    EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << c.path;
    EXPECT_NE(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
        << c.path;
  }
}

TEST_F(CallGuardTest, BadCredentialsAreUnauthenticated) {
  for (const std::string& bad :
       {std::string("Bearer reader:wrong"),
        std::string("Bearer nobody:") + kSecret, std::string("Bearer reader"),
        std::string("Bearer :"), std::string("Basic cmVhZGVy"),
        std::string("AWS4-HMAC-SHA256 x")}) {
    const grpc::Status status =
        Send("/roentgen.v1.GroupService/ListGroups", "", bad);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << bad;
    EXPECT_EQ(status.error_message().find(kSecret), std::string::npos);
  }
}

TEST_F(CallGuardTest, HealthIsOpenForTheServerAndEachService) {
  std::set<std::string> names = {"", "jaeger.storage.v2.TraceWriter"};
  for (const auto* method : Methods()) {
    names.insert(method->service()->full_name());
  }
  EXPECT_GE(names.size(), 12u);
  for (const std::string& name : names) {
    // HealthCheckRequest.service
    std::string request;
    if (!name.empty()) {
      request = '\x0a' + std::string(1, static_cast<char>(name.size())) + name;
    }
    std::string answer;
    Send("/grpc.health.v1.Health/Check", request, "", &answer);
    EXPECT_EQ(answer, std::string("\x08\x01", 2)) << name;  // SERVING
  }
}

}  // namespace
}  // namespace roentgen::server
