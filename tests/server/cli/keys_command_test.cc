// `roentgen keys create`: what it prints is what a server reads.
#include <string>
#include <vector>

#include "base/secret_hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/keys_file.h"
#include "tests/server/cli/command_run.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

CommandRun RunKeys(std::vector<std::string> line) {
  line.insert(line.begin(), "keys");
  return RunCommand(line, nullptr, "");
}

TEST(KeysCommandTest, WhatItPrintsIsAKey) {
  const CommandRun run = RunKeys(
      {"create", "OPS", "--permissions=read,administer", "--lasts=90d"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  const auto keys = ParseKeys("keys:\n" + run.out, "keys.yaml");
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 1u);
  const AccessKey& key = keys->front();
  EXPECT_EQ(key.id, "OPS");
  EXPECT_GE(key.secret.size(), 40u);
  EXPECT_EQ(key.permissions, (Permissions{.read = true, .administer = true}));
  EXPECT_TRUE(key.expires.has_value());
  EXPECT_NE(RunKeys({"create", "OPS"}).out, RunKeys({"create", "OPS"}).out);
}

TEST(KeysCommandTest, AHashedSecretIsSeenOnce) {
  const CommandRun run = RunKeys({"create", "BOT", "--hashed"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  const auto keys = ParseKeys("keys:\n" + run.out, "keys.yaml");
  ASSERT_TRUE(keys.ok()) << keys.status();
  const AccessKey& key = keys->front();
  EXPECT_EQ(key.secret, "");
  const size_t at = run.err.rfind(": ");
  ASSERT_NE(at, run.err.npos) << run.err;
  const std::string secret = run.err.substr(at + 2, run.err.size() - at - 3);
  EXPECT_TRUE(FitsSecretHash(secret, key.secret_hash)) << run.err;
  EXPECT_EQ(run.out.find(secret), run.out.npos);
}

TEST(KeysCommandTest, WrongUse) {
  for (const std::vector<std::string>& line :
       std::vector<std::vector<std::string>>{
           {},
           {"create"},
           {"list", "A"},
           {"create", "a:b"},
           {"create", "A", "--permissions=write"},
           {"create", "A", "--permissions="},
           {"create", "A", "--lasts=soon"},
           {"create", "A", "--lasts=0d"}}) {
    const CommandRun run = RunKeys(line);
    EXPECT_EQ(run.code, kExitUsage) << run.out;
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, HasSubstr("keys:"));
  }
}

}  // namespace
}  // namespace roentgen::server
