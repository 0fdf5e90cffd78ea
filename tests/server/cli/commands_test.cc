// Commands against a server with keys.
#include "server/cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "server/auth/authenticator.h"
#include "server/auth/key_ring.h"
#include "server/cli/client_commands.h"
#include "server/cli/command_line.h"
#include "tests/server/cli/command_run.h"
#include "tests/server/v1/api_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kKey[] = "admin:0123456789abcdef0123456789abcdef";

class CommandsTest : public ApiFixture {
 protected:
  CommandsTest() { Start(&authenticator_); }

  // Runs a command and gives its exit code; what it said is in out_ and err_.
  int Run(const std::vector<std::string>& line) {
    CommandRun run = RunCommand(line, channel_, key_);
    out_ = std::move(run.out);
    err_ = std::move(run.err);
    return run.code;
  }

  const Authenticator authenticator_{
      {.mode = AuthMode::kVerify},
      *KeyRing::Make({{.id = "admin",
                       .secret = "0123456789abcdef0123456789abcdef",
                       .session_token = {},
                       .permissions = {.read = true, .administer = true}}})};
  std::string key_ = kKey;
  std::string out_;
  std::string err_;
};

TEST_F(CommandsTest, ARulesLife) {
  ASSERT_EQ(Run({"rules", "create", "pay", "--service=pay", "--fixed-rate=0.1",
                 "--reservoir=5"}),
            kExitOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr("10 %         5 pay"));
  EXPECT_EQ(Run({"rules", "update", "pay", "--fixed-rate=0"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr(" 0 %         5 pay"));
  EXPECT_EQ(Run({"rules"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("service=pay\n"));
  EXPECT_THAT(out_, HasSubstr("Default"));
  EXPECT_EQ(Run({"rules", "list", "--json"}), kExitOk);
  EXPECT_THAT(out_, StartsWith("{\"samplingRule\":{\"ruleName\":\"pay\""));
  EXPECT_EQ(Run({"rules", "stats"}), kExitOk);
  EXPECT_EQ(Run({"rules", "delete", "pay"}), kExitOk);
  EXPECT_EQ(Run({"rules", "delete", "pay"}), kExitFailed);
  EXPECT_THAT(err_, Not(IsEmpty()));
}

TEST_F(CommandsTest, InsightsAndGroups) {
  EXPECT_EQ(Run({"groups", "create", "shop", "fault", "--insights=on"}),
            kExitOk);
  EXPECT_THAT(out_, HasSubstr("fault  [insights]\n"));
  EXPECT_EQ(Run({"groups", "update", "shop", "--notifications=on"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("fault  [insights]  [notifications]\n"));
  EXPECT_EQ(
      Run({"insights", "list", "--group=shop", "--state=active", "--since=2h"}),
      kExitOk)
      << err_;
  EXPECT_THAT(out_, StartsWith("ID"));
  EXPECT_EQ(Run({"insights", "show", "01234567-89ab-1def-8123-456789abcdef"}),
            kExitFailed);
}

TEST_F(CommandsTest, WrongUse) {
  struct Case {
    std::vector<std::string> line;
    const char* said;
  };
  const Case cases[] = {
      {{"rules", "create"}, "rules: expected"},
      {{"rules", "list", "x"}, "rules: expected"},
      {{"rules", "create", "r", "--priority=x"}, "--priority"},
      {{"insights", "show"}, "insights: expected"},
      {{"insights", "--state=open"}, "--state: expected"},
      {{"insights", "--since=x"}, "--since: expected"},
      {{"groups", "update", "g"}, "groups: expected"},
      {{"groups", "create", "g", "--insights=yes"}, "--insights"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Run(c.line), kExitUsage) << c.said;
    EXPECT_THAT(err_, StartsWith(std::string("roentgen: ") + c.said));
  }
}

TEST_F(CommandsTest, ChecksAndRepairsOfStores) {
  // This server keeps no files.
  EXPECT_EQ(Run({"check", "--all"}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("no files to check"));
  const std::string none = "/nowhere/store";
  EXPECT_EQ(Run({"check", "--all", "--store", none}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr(none));
  EXPECT_EQ(Run({"repair", none, none + ".new"}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr(none));
  EXPECT_EQ(Run({"check", "--store", none}), kExitUsage);
  EXPECT_EQ(Run({"check", "--all", "ok"}), kExitUsage);
  EXPECT_EQ(Run({"repair", none}), kExitUsage);
}

TEST_F(CommandsTest, KeysAreSentAndNotShown) {
  key_ = "";
  EXPECT_EQ(Run({"rules"}), kExitFailed);
  EXPECT_EQ(err_, "roentgen: Missing Authentication Token\n");
  key_ = "admin:wrong-secret";
  EXPECT_EQ(Run({"rules"}), kExitFailed);
  EXPECT_THAT(err_, Not(HasSubstr("wrong-secret")));
  EXPECT_EQ(Run({"tail"}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("security token"));
}

}  // namespace
}  // namespace roentgen::server
