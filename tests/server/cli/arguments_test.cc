#include "server/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace roentgen::server {
namespace {

using testing::ElementsAre;

constexpr std::string_view kValues[] = {"limit", "last"};
constexpr std::string_view kSwitches[] = {"json"};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& words) {
  return Arguments::Parse(words, kValues, kSwitches);
}

TEST(ArgumentsTest, FlagsAnywhereBothForms) {
  const auto arguments =
      Parse({"a", "--limit", "5", "--json", "b", "--last=1m", "-"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->Value("limit"), "5");
  EXPECT_EQ(arguments->Value("last"), "1m");
  EXPECT_TRUE(arguments->Has("json"));
  EXPECT_FALSE(arguments->Has("start"));
  EXPECT_THAT(arguments->words(), ElementsAre("a", "b", "-"));
}

TEST(ArgumentsTest, DoubleDashEndsFlags) {
  const auto arguments = Parse({"--", "--json"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->Has("json"));
  EXPECT_THAT(arguments->words(), ElementsAre("--json"));
}

TEST(ArgumentsTest, SaysWhatIsWrong) {
  EXPECT_EQ(Parse({"--nope"}).status().message(), "--nope: unknown flag");
  EXPECT_EQ(Parse({"--limit"}).status().message(), "--limit: needs a value");
  EXPECT_EQ(Parse({"--json=1"}).status().message(), "--json: takes no value");
}

}  // namespace
}  // namespace roentgen::server
