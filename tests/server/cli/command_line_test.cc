// Command lines of the client, by its own table.
#include "server/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "server/cli/client_commands.h"

namespace roentgen::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Line = std::vector<std::string>;

std::variant<CommandLine, Explanation> Read(const Line& line) {
  return ReadCommandLine(ClientCommands(), line);
}

CommandLine Good(const Line& line) {
  auto read = Read(line);
  const auto* wrong = std::get_if<Explanation>(&read);
  EXPECT_EQ(wrong, nullptr) << wrong->text;
  if (wrong != nullptr) return {&ClientCommands().front(), {}};
  return std::get<CommandLine>(std::move(read));
}

Explanation Explained(const Line& line) {
  auto read = Read(line);
  const auto* text = std::get_if<Explanation>(&read);
  EXPECT_NE(text, nullptr);
  return text == nullptr ? Explanation() : *text;
}

TEST(CommandLineTest, FlagsAnywhereInBothForms) {
  const CommandLine line =
      Good({"search", "a", "--limit", "5", "--json", "b", "--last=1m", "-"});
  EXPECT_STREQ(line.command->name, "search");
  EXPECT_EQ(line.arguments.Value("limit"), "5");
  EXPECT_EQ(line.arguments.Value("last"), "1m");
  EXPECT_TRUE(line.arguments.Has("json"));
  EXPECT_EQ(line.arguments.Value("json"), "");
  EXPECT_FALSE(line.arguments.Has("start"));
  EXPECT_EQ(line.arguments.Value("start"), std::nullopt);
  EXPECT_THAT(line.arguments.words(), ElementsAre("a", "b", "-"));
}

TEST(CommandLineTest, WhatIsNoFlagStaysAsItIs) {
  struct Case {
    Line words;     // Behind "search".
    Line expected;  // Words.
  };
  const Case cases[] = {
      {{}, {}},
      {{"[a,b]", "{c}"}, {"[a,b]", "{c}"}},
      {{"trace", "search"}, {"trace", "search"}},  // Commands, elsewhere.
      {{"a=b", "", "\"x y\""}, {"a=b", "", "\"x y\""}},
      {{"--", "--json", "-h", "--"}, {"--json", "-h", "--"}},
      {{"a", "--", "b"}, {"a", "b"}},
      {{"--json", "--", "trace"}, {"trace"}},
      {{"--"}, {}},
  };
  for (const Case& c : cases) {
    Line line = {"search"};
    line.insert(line.end(), c.words.begin(), c.words.end());
    EXPECT_EQ(Good(line).arguments.words(), c.expected)
        << testing::PrintToString(line);
  }
}

TEST(CommandLineTest, ValuesAreTakenAsTheyAre) {
  struct Case {
    Line words;
    std::string limit;
  };
  const Case cases[] = {
      {{"--limit", "--json"}, "--json"},
      {{"--limit", "-5"}, "-5"},
      {{"--limit="}, ""},
      {{"--limit=", "5"}, ""},
      {{"--limit=", "--json"}, ""},
      {{"--limit=a=b="}, "a=b="},
      {{"--limit=[1,2]"}, "[1,2]"},
      {{"--limit", "[1,2]"}, "[1,2]"},
      {{"--limit", ""}, ""},
      {{"--limit", "search"}, "search"},
      {{"--limit", "1", "--limit=2"}, "2"},
      {{"--limit=1", "--json", "--limit", "2", "--json"}, "2"},
  };
  for (const Case& c : cases) {
    Line line = {"search"};
    line.insert(line.end(), c.words.begin(), c.words.end());
    EXPECT_EQ(Good(line).arguments.Value("limit"), c.limit)
        << testing::PrintToString(line);
  }
}

TEST(CommandLineTest, SaysWhatIsWrong) {
  struct Case {
    Line line;
    const char* said;  // After "roentgen: ", at the least.
    const char* help = "roentgen search --help says what it takes\n";
  };
  const Case cases[] = {
      {{"search", "--nope"}, "--nope: unknown flag\n"},
      {{"search", "--nope=1", "x"}, "--nope=1: unknown flag\n"},
      {{"search", "--jso"}, "--jso: unknown flag\n"},
      {{"search", "-x"}, "-x: unknown flag\n"},
      {{"trace", "--limit", "5", "1-2-3"},
       "--limit: unknown flag\n",
       "roentgen trace --help says what it takes\n"},
      {{"search", "--limit"}, "--limit: 1 required N missing\n"},
      {{"search", "x", "--key"}, "--key: 1 required ID:SECRET missing\n"},
      {{"search", "--limit", "--", "x"}, "--limit: 1 required N missing\n"},
      {{"search", "--json=1"}, "json was given a disallowed flag override\n"},
      {{"--json", "search"}, ""},
      {{"nope"}, "A subcommand is required", "Usage: roentgen"},
      {{}, "A subcommand is required", "Usage: roentgen"},
  };
  for (const Case& c : cases) {
    const Explanation wrong = Explained(c.line);
    EXPECT_FALSE(wrong.asked) << testing::PrintToString(c.line);
    EXPECT_THAT(wrong.text, StartsWith("roentgen: " + std::string(c.said)));
    EXPECT_THAT(wrong.text, HasSubstr(c.help));
  }
}

TEST(CommandLineTest, HelpOfAll) {
  for (const Line& line : {Line{"--help"}, Line{"-h"}}) {
    const Explanation help = Explained(line);
    EXPECT_TRUE(help.asked);
    EXPECT_THAT(help.text, HasSubstr("roentgen serve runs the server"));
    for (const Command& command : ClientCommands()) {
      EXPECT_THAT(help.text, HasSubstr(std::string("\n  ") + command.name));
      EXPECT_THAT(help.text, HasSubstr(command.help));
    }
  }
}

TEST(CommandLineTest, HelpOfEachCommand) {
  for (const Command& command : ClientCommands()) {
    for (const char* asked : {"-h", "--help"}) {
      // Whatever else is said, and wrong.
      const Explanation help = Explained({command.name, "x", asked, "--nope"});
      EXPECT_TRUE(help.asked);
      const std::string space = *command.words == '\0' ? "" : " ";
      EXPECT_THAT(help.text,
                  HasSubstr("Usage: roentgen " + std::string(command.name) +
                            space + command.words + '\n'));
      EXPECT_THAT(help.text,
                  AllOf(HasSubstr("--json "), HasSubstr("--address HOST:PORT"),
                        HasSubstr("--timeout TIME"), HasSubstr("--help")));
      EXPECT_THAT(help.text, Not(HasSubstr("roentgen serve")));
      for (const Flag& flag : command.flags) {
        EXPECT_STRNE(flag.help, "");
        EXPECT_THAT(help.text, HasSubstr("--" + std::string(flag.name)));
        EXPECT_THAT(help.text, HasSubstr(flag.help));
      }
    }
  }
}

TEST(CommandLineTest, EachCommandTakesItsFlags) {
  for (const Command& command : ClientCommands()) {
    ASSERT_NE(command.run, nullptr) << command.name;
    Line line = {command.name};
    for (const Flag& flag : command.flags) {
      line.push_back("--" + std::string(flag.name));
      if (flag.value != nullptr) line.push_back("v");
    }
    const CommandLine read = Good(line);
    EXPECT_EQ(read.command->name, command.name);
    EXPECT_THAT(read.arguments.words(), IsEmpty());
    for (const Flag& flag : command.flags) {
      EXPECT_EQ(read.arguments.Value(flag.name),
                flag.value == nullptr ? "" : "v")
          << command.name << " " << flag.name;
    }
  }
}

}  // namespace
}  // namespace roentgen::server
