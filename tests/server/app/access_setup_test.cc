// Keys that are read again while a server runs.
#include "server/app/access_setup.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing_support::TempDir;

class AccessSetupTest : public testing::Test {
 protected:
  // In place of what was there, as editors and secrets of containers do it.
  void Write(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
  }
  static std::string KeyFile(const std::string& id) {
    return "keys:\n- {id: " + id + ", secret: s, permissions: [read]}\n";
  }
  Listener Served() const {
    Listener listener;
    listener.auth = {.mode = "verify", .keys_file = path_};
    return listener;
  }
  static bool IsKnown(const Authenticator& authenticator,
                      const std::string& id) {
    return authenticator.Bearer("Bearer " + id + ":s").ok();
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/keys.yaml";
};

TEST_F(AccessSetupTest, KeysAreReadAgainWhenTheyChange) {
  Write(KeyFile("A"));
  auto made = Authenticators::Make({Served()});
  ASSERT_TRUE(made.ok()) << made.status();
  const Authenticator& keys = made->Of(Served());
  EXPECT_TRUE(IsKnown(keys, "A"));
  Write(KeyFile("B"));
  EXPECT_FALSE(IsKnown(keys, "B"));
  made->ReloadChanged();
  EXPECT_TRUE(IsKnown(keys, "B"));
  EXPECT_FALSE(IsKnown(keys, "A"));
}

TEST_F(AccessSetupTest, WhatCannotBeUsedLeavesTheOldKeys) {
  Write(KeyFile("A"));
  auto made = Authenticators::Make({Served()});
  ASSERT_TRUE(made.ok());
  const Authenticator& keys = made->Of(Served());
  Write("keys: 7");
  made->ReloadChanged();
  EXPECT_TRUE(IsKnown(keys, "A"));
  std::filesystem::remove(path_);
  made->ReloadChanged();
  made->Reload();
  EXPECT_TRUE(IsKnown(keys, "A"));
  Write(KeyFile("B"));
  made->Reload();
  EXPECT_TRUE(IsKnown(keys, "B"));
}

}  // namespace
}  // namespace roentgen::server
