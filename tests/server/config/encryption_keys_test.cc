#include "server/config/encryption_keys.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/key_command.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Hex(char byte) {
  return absl::BytesToHexString(std::string(32, byte));
}
std::string Base64(char byte) {
  return absl::Base64Escape(std::string(32, byte));
}

std::vector<std::string> IdsOf(const storage::MasterKeySet& keys) {
  std::vector<std::string> ids;
  for (const storage::MasterKey& key : keys.keys()) ids.push_back(key.id());
  return ids;
}

TEST(EncryptionKeysTest, AFileHasACurrentKeyAndOthers) {
  const std::string text =
      "# of our vault\ncurrent: b\nkeys:\n  a: " + Hex('a') + "\n  b: \"" +
      Base64('b') + "\"\n";
  const auto keys = ParseMasterKeys(text, "keys.yaml");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ((*keys)->current().id(), "b");
  EXPECT_THAT(IdsOf(**keys), testing::ElementsAre("a", "b"));
}

TEST(EncryptionKeysTest, EveryFormOfAKeyIsThatKey) {
  for (const int byte : {0x00, 0x5a, 0xff}) {
    const char c = static_cast<char>(byte);
    const std::string hex = Hex(c);
    const auto by_hex = ParseMasterKeys(hex, "t");
    ASSERT_TRUE(by_hex.ok()) << by_hex.status();
    EXPECT_THAT((*by_hex)->current().id(), testing::StartsWith("key-"));
    std::string upper = hex;
    for (char& digit : upper) digit = absl::ascii_toupper(digit);
    for (const std::string& text :
         {upper, Base64(c), "\n " + hex + " \n",
          absl::WebSafeBase64Escape(std::string(32, c))}) {
      const auto keys = ParseMasterKeys(text, "t");
      ASSERT_TRUE(keys.ok()) << keys.status();
      EXPECT_EQ((*keys)->current().check(), (*by_hex)->current().check());
      EXPECT_EQ((*keys)->current().id(), (*by_hex)->current().id());
    }
  }
  EXPECT_NE((*ParseMasterKeys(Hex('a'), "t"))->current().check(),
            (*ParseMasterKeys(Hex('b'), "t"))->current().check());
}

TEST(EncryptionKeysTest, TheVariableHasAList) {
  const auto keys =
      ParseMasterKeyList("b:" + Hex('b') + ",a:" + Base64('a'), "variable");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ((*keys)->current().id(), "b");
  EXPECT_THAT(IdsOf(**keys), testing::ElementsAre("b", "a"));
  EXPECT_TRUE(ParseMasterKeyList(Hex('b'), "variable").ok());
}

TEST(EncryptionKeysTest, WhatIsWrongIsSaidWithoutTheKey) {
  const std::string key = Hex('a');
  struct Case {
    std::string text;
    std::string message;
  };
  const Case cases[] = {
      {"", "current master key ''"},
      {key.substr(1), "keys.yaml:1: a key must be"},
      {key + "0", "keys.yaml:1: a key must be"},
      {Base64('a').substr(0, 42), "keys.yaml:1: a key must be"},
      {"current: a\nkeys:\n  a: " + key + "g", "keys.yaml:3: a key must be"},
      {"current: b\nkeys:\n  a: " + key, "current master key 'b'"},
      {"current: a\nkeys:\n  a: " + key + "\n  a: " + key, "twice"},
      {"current: a\nkeys:\n  a b: " + key, "keys.yaml:3: the id"},
      {"current: a\nother: 1\n", "keys.yaml:2: expected"},
      {"current: a\nkeys:\na: " + key, "keys.yaml:3: expected"},
      {"current: a\n" + key + "\n", "keys.yaml:2: expected"},
  };
  for (const Case& c : cases) {
    const absl::Status status = ParseMasterKeys(c.text, "keys.yaml").status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("6161")));
  }
  EXPECT_FALSE(ParseMasterKeyList("a:" + key + ",b", "v").ok());
}

class KeySourcesTest : public testing::Test {
 protected:
  std::string File(const std::string& text, mode_t mode) {
    const std::string path = dir_.path() + "/keys.yaml";
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  const testing_support::TempDir dir_;
};

TEST_F(KeySourcesTest, AFileIsForItsOwnerAndGroup) {
  for (const mode_t mode : {0600, 0400, 0640}) {
    Config config;
    config.encryption_keys_file = File(Hex('a'), mode);
    const auto keys = LoadMasterKeys(config);
    EXPECT_TRUE(keys.ok()) << keys.status();
  }
  for (const mode_t mode : {0644, 0602, 0666}) {
    Config config;
    config.encryption_keys_file = File(Hex('a'), mode);
    const absl::Status status = LoadMasterKeys(config).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("open to everybody"));
  }
  Config config;
  config.encryption_keys_file = dir_.path() + "/none";
  EXPECT_TRUE(absl::IsNotFound(LoadMasterKeys(config).status()));
  config.encryption_keys_file = dir_.path();
  EXPECT_TRUE(absl::IsNotFound(LoadMasterKeys(config).status()));
}

TEST_F(KeySourcesTest, OneSourceIsGivenOrNone) {
  Config config;
  EXPECT_EQ(*LoadMasterKeys(config), nullptr);
  config.encryption_key_command = {"/bin/echo", Hex('a')};
  const auto keys = LoadMasterKeys(config);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ((*keys)->keys().size(), 1);
  config.encryption_keys_file = File(Hex('a'), 0600);
  EXPECT_TRUE(absl::IsInvalidArgument(LoadMasterKeys(config).status()));
}

TEST(KeyCommandTest, NoShellReadsItsWords) {
  const auto printed =
      RunKeyCommand({"/bin/echo", "-n", "$HOME `id`; *"}, absl::Seconds(60));
  ASSERT_TRUE(printed.ok()) << printed.status();
  EXPECT_EQ(printed->view(), "$HOME `id`; *");
}

TEST(KeyCommandTest, WhatGoesWrongIsSaid) {
  const auto message = [](const std::vector<std::string>& words) {
    const auto printed = RunKeyCommand(words, absl::Seconds(60));
    EXPECT_TRUE(absl::IsInvalidArgument(printed.status()));
    return std::string(printed.status().message());
  };
  EXPECT_THAT(message({"echo", "x"}), HasSubstr("absolute path"));
  EXPECT_THAT(message({}), HasSubstr("absolute path"));
  EXPECT_THAT(message({"/none/such"}), HasSubstr("does not run"));
  EXPECT_THAT(message({"/bin/false"}), HasSubstr("ends with 1"));
  EXPECT_THAT(message({"/bin/true"}), HasSubstr("prints nothing"));
  EXPECT_THAT(message({"/bin/cat", "/dev/zero"}),
              HasSubstr("prints more than"));
  EXPECT_THAT(
      message({"/bin/sh", "-c", "echo secret; exit 3"}),
      testing::AllOf(HasSubstr("ends with 3"), Not(HasSubstr("secret"))));
  EXPECT_THAT(message({"/bin/sh", "-c", "kill -9 $$"}),
              HasSubstr("ends by a signal"));
}

TEST(KeyCommandTest, IsEndedWithAllThatItStarted) {
  for (const char* script :
       {"cat /dev/zero > /dev/null", "exec > /dev/null; cat /dev/zero >&1",
        "cat /dev/zero > /dev/null & wait"}) {
    const auto printed =
        RunKeyCommand({"/bin/sh", "-c", script}, absl::Milliseconds(50));
    EXPECT_TRUE(absl::IsDeadlineExceeded(printed.status())) << printed.status();
  }
}

}  // namespace
}  // namespace roentgen::server
