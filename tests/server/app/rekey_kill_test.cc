// `roentgen rekey` that is killed at each of its steps: it is run again, and
// the store is whole.
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/engine/trace_engine.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

constexpr int kKilled = 137;

// The exit code of the binary with these arguments.
int RunBinary(std::vector<std::string> arguments,
              const std::string& crash_point) {
  const std::string binary = std::string(std::getenv("TEST_SRCDIR")) + "/" +
                             std::getenv("TEST_WORKSPACE") +
                             "/server/app/roentgen";
  arguments.insert(arguments.begin(), binary);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::string variable = "ROENTGEN_CRASH_POINT=" + crash_point;
  std::vector<char*> variables;
  if (!crash_point.empty()) variables.push_back(variable.data());
  variables.push_back(nullptr);
  pid_t child = 0;
  EXPECT_EQ(posix_spawn(&child, binary.c_str(), nullptr, nullptr, argv.data(),
                        variables.data()),
            0);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Case {
  std::string flag;   // Of the rekey; empty: it wraps again.
  std::string point;  // Where it is killed.
  bool stays_closed;  // Until it is run again.
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.flag << c.point; }

class RekeyKillTest : public testing::TestWithParam<Case> {
 protected:
  // "--encryption.keys_file=..." of keys with these ids, the first one current.
  std::string Keys(const std::string& ids) const {
    const std::string path = dir_.path() + "/keys-" + ids;
    std::ofstream file(path);
    file << "current: " << ids[0] << "\nkeys:\n";
    for (const char id : ids) {
      file << "  " << id << ": " << std::string(64, id) << "\n";
    }
    file.close();
    EXPECT_EQ(chmod(path.c_str(), 0600), 0);
    return "--encryption.keys_file=" + path;
  }
  int Rekey(const std::string& flag, const std::string& keys,
            const std::string& crash_point) const {
    std::vector<std::string> line = {"rekey", store_, Keys(keys)};
    if (!flag.empty()) line.push_back(flag);
    return RunBinary(line, crash_point);
  }
  int Check(const std::string& keys) const {
    std::vector<std::string> line = {"check", "--all", "--store", store_};
    if (!keys.empty()) line.push_back(Keys(keys));
    return RunBinary(line, "");
  }

  const testing_support::TempDir dir_;
  const std::string store_ = dir_.path() + "/store";
};

TEST_P(RekeyKillTest, IsRunAgain) {
  const Case& c = GetParam();
  {
    const ManualClock clock(Timestamp::FromSeconds(1'700'000'100));
    auto engine = storage::RocksEngine::Open({.path = store_}, clock);
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (uint64_t trace = 1; trace < 4; ++trace) {
      std::vector<storage::NewRecord> records;
      records.push_back(testing_support::Record(
          testing_support::SegmentSpec{.trace = trace, .id = trace}));
      ASSERT_TRUE(storage::WriteAndWait(**engine, std::move(records)).ok());
    }
    ASSERT_TRUE((*engine)->Close().ok());
  }
  const bool encrypts = c.flag == "--encrypt";
  if (!encrypts) {
    ASSERT_EQ(Rekey("--encrypt", "a", ""), 0);
  }
  const std::string given = c.flag.empty() ? "ba" : "a";
  for (const char* passage : {":1", ":3"}) {
    const int code = Rekey(c.flag, given, c.point + passage);
    // What is done once is not there a third time.
    if (code == 0) break;
    EXPECT_EQ(code, kKilled);
    if (c.stays_closed) {
      EXPECT_EQ(Check("a"), 1);
      EXPECT_EQ(Check(""), 1);
    } else {
      EXPECT_EQ(Check("ba"), 0);
    }
  }
  EXPECT_EQ(Rekey(c.flag, given, ""), 0);
  const std::string needed = encrypts ? "a" : c.flag.empty() ? "b" : "";
  EXPECT_EQ(Check(needed), 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, RekeyKillTest,
    testing::Values(Case{"--encrypt", "rekey_begun", true},
                    Case{"--encrypt", "rekey_copied", true},
                    Case{"--encrypt", "rekey_file", true},
                    Case{"--encrypt", "rekey_synced", true},
                    Case{"--decrypt", "rekey_begun", true},
                    Case{"--decrypt", "rekey_copied", true},
                    Case{"--decrypt", "rekey_file", true},
                    Case{"--decrypt", "rekey_synced", true},
                    Case{"", "rekey_slot", false}));

}  // namespace
}  // namespace roentgen::server
