// roentgen rekey, and the other commands that read an encrypted store's folder.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/server/cli/command_run.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

class RekeyCommandTest : public testing::Test {
 protected:
  RekeyCommandTest() {
    auto engine = storage::RocksEngine::Open({.path = store_}, SystemClock());
    EXPECT_TRUE(engine.ok()) << engine.status();
    EXPECT_TRUE((*engine)->Close().ok());
  }
  static CommandRun Run(std::vector<std::string> line) {
    return RunCommand(line, nullptr, "");
  }
  // "--encryption.keys_file=..." of a file with keys a, b and such a current
  // one.
  std::string Keys(const std::string& current, const std::string& ids) const {
    const std::string path = dir_.path() + "/" + current + ids;
    std::ofstream file(path);
    file << "current: " << current << "\nkeys:\n";
    for (const char id : ids) {
      file << "  " << id << ": " << std::string(64, id) << "\n";
    }
    file.close();
    EXPECT_EQ(chmod(path.c_str(), 0600), 0);
    return "--encryption.keys_file=" + path;
  }

  const testing_support::TempDir dir_;
  const std::string store_ = dir_.path() + "/store";
};

TEST_F(RekeyCommandTest, TurnsOnWrapsAgainAndTurnsOff) {
  CommandRun run = Run({"rekey", "--encrypt", store_, Keys("a", "a")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("files under master key 'a'"));

  run = Run({"rekey", store_, Keys("b", "ab")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("under master key 'b'"));
  EXPECT_THAT(run.out, HasSubstr("no file needs a any more"));
  run = Run({"rekey", store_, Keys("b", "ab"), "--json"});
  EXPECT_THAT(run.out, HasSubstr(R"("changed":0)"));
  EXPECT_THAT(run.out, HasSubstr(R"("needed":["b"],"notNeeded":["a"])"));

  run = Run({"rekey", "--decrypt", store_, Keys("b", "b")});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("decrypted"));
  EXPECT_EQ(Run({"check", "--all", "--store", store_}).code, 0);
}

TEST_F(RekeyCommandTest, OthersSayInOneLineWhichKeyIsMissing) {
  ASSERT_EQ(Run({"rekey", "--encrypt", store_, Keys("a", "a")}).code, 0);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"check", "--all", "--store", store_},
        std::vector<std::string>{"repair", store_, dir_.path() + "/new"}}) {
    CommandRun run = Run(command);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr("no key is given"));
    std::vector<std::string> with_other = command;
    with_other.push_back(Keys("b", "b"));
    run = Run(with_other);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr("under the master key 'a'"));
    std::vector<std::string> with_key = command;
    with_key.push_back(Keys("a", "a"));
    run = Run(with_key);
    EXPECT_EQ(run.code, 0) << run.err;
  }
}

TEST_F(RekeyCommandTest, SaysWhatItIsGivenWrong) {
  EXPECT_EQ(Run({"rekey"}).code, 2);
  EXPECT_EQ(Run({"rekey", store_}).code, 2);
  EXPECT_EQ(
      Run({"rekey", store_, "--encrypt", "--decrypt", Keys("a", "a")}).code, 2);
  const CommandRun plain = Run({"rekey", store_, Keys("a", "a")});
  EXPECT_EQ(plain.code, 1);
  EXPECT_THAT(plain.err, HasSubstr("is not encrypted"));
  const CommandRun none = Run({"rekey", dir_.path() + "/none", Keys("a", "a")});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("is not there"));
}

}  // namespace
}  // namespace roentgen::server
