// A server whose store is encrypted.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/app/server.h"
#include "tests/server/http/test_client.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kHexA[] =
    "6161616161616161616161616161616161616161616161616161616161616161";
constexpr char kHexB[] =
    "6262626262626262626262626262626262626262626262626262626262626262";

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EncryptionTest : public testing::Test {
 protected:
  EncryptionTest() {
    config_.data_dir = dir_.path() + "/data";
    config_.xray_http_listen = {"127.0.0.1:0"};
    config_.xray_udp_listen = {"127.0.0.1:0"};
    config_.grpc_listen = {"127.0.0.1:0"};
    config_.otlp_http_listen = {"127.0.0.1:0"};
    config_.admin_http_listen = {"127.0.0.1:0"};
  }
  void GiveKeys(const std::string& text) {
    config_.encryption_keys_file = dir_.path() + "/keys";
    std::ofstream(config_.encryption_keys_file) << text;
    chmod(config_.encryption_keys_file.c_str(), 0600);
  }
  std::unique_ptr<Server> Start() {
    auto server = Server::Start(config_, SystemClock());
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }
  std::string StartError() {
    const auto server = Server::Start(config_, SystemClock());
    EXPECT_FALSE(server.ok());
    return std::string(server.status().message());
  }
  static std::string Call(const Server& server, std::string_view path,
                          std::string_view body) {
    TestClient client(
        ListenAddress::Parse(server.addresses().Of("xray_http")[0])->port);
    client.Send(Post(path, body));
    return client.Read().body;
  }

  const testing_support::TempDir dir_;
  Config config_;
};

TEST_F(EncryptionTest, SaysWhatHolds) {
  EXPECT_THAT(Call(*Start(), "/EncryptionConfig", ""),
              HasSubstr(R"("Type":"NONE")"));
  std::filesystem::remove_all(config_.data_dir);
  GiveKeys("current: a\nkeys:\n  a: " + std::string(kHexA) + "\n");
  const auto server = Start();
  EXPECT_TRUE(server->is_encrypted());
  EXPECT_EQ(
      Call(*server, "/EncryptionConfig", ""),
      R"({"EncryptionConfig":{"KeyId":"a","Status":"ACTIVE","Type":"KMS"}})");
  EXPECT_THAT(Call(*server, "/PutEncryptionConfig", R"({"Type":"NONE"})"),
              HasSubstr("master key 'a'"));
  EXPECT_THAT(
      Call(*server, "/PutEncryptionConfig", R"({"Type":"KMS","KeyId":"a"})"),
      HasSubstr("UPDATING"));
  EXPECT_THAT(Call(*server, "/PutEncryptionConfig",
                   R"({"Type":"KMS","KeyId":"other"})"),
              HasSubstr("does not exist"));
}

TEST_F(EncryptionTest, DoesNotStartWithOtherKeys) {
  GiveKeys("current: a\nkeys:\n  a: " + std::string(kHexA) + "\n");
  ASSERT_TRUE(Start()->Shutdown().ok());
  GiveKeys("current: a\nkeys:\n  a: " + std::string(kHexB) + "\n");
  EXPECT_THAT(StartError(), HasSubstr("another master key 'a'"));
  GiveKeys("current: b\nkeys:\n  b: " + std::string(kHexB) + "\n");
  EXPECT_THAT(StartError(), HasSubstr("master key 'a', which is not among"));
  config_.encryption_keys_file.clear();
  EXPECT_THAT(StartError(), HasSubstr("no key is given"));
  GiveKeys("nonsense");
  EXPECT_THAT(StartError(), HasSubstr("a key must be"));
}

TEST_F(EncryptionTest, ReadsItsKeysAgain) {
  GiveKeys("current: a\nkeys:\n  a: " + std::string(kHexA) + "\n");
  const auto server = Start();
  GiveKeys("current: b\nkeys:\n  a: " + std::string(kHexA) +
           "\n  b: " + std::string(kHexB) + "\n");
  ASSERT_TRUE(server->ReadKeysAgain().ok());
  EXPECT_THAT(Call(*server, "/EncryptionConfig", ""),
              HasSubstr(R"("KeyId":"b")"));
  EXPECT_THAT(TextOf(config_.data_dir + "/ENCRYPTION"), HasSubstr("key b "));
  // Files need the other one.
  for (const std::string& bad :
       {"current: b\nkeys:\n  b: " + std::string(kHexB) + "\n",
        std::string("nonsense"), std::string()}) {
    GiveKeys(bad);
    EXPECT_FALSE(server->ReadKeysAgain().ok());
    EXPECT_THAT(Call(*server, "/EncryptionConfig", ""),
                HasSubstr(R"("KeyId":"b")"));
  }
  EXPECT_TRUE(server->Shutdown().ok());
}

}  // namespace
}  // namespace roentgen::server
