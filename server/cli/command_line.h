// The client's command line: what each command takes, as a table, and what was
// said. The table makes the help, too.
//
//   const auto line = ReadCommandLine(ClientCommands(), {"search", "--json"});
//   if (const auto* read = std::get_if<CommandLine>(&line)) ...
//
// "--limit 5", "--limit=5", "--json", anywhere behind the command; "--" ends
// the flags; "-" is a word. Of a flag that is given twice the last one counts,
// but for lists.
// How many words there may be is for the commands to say.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_COMMAND_LINE_H_
#define ROENTGEN_SERVER_CLI_COMMAND_LINE_H_

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/cli/arguments.h"

namespace roentgen::server {

struct Flag {
  const char* name;   // Without dashes.
  const char* value;  // What the help calls its value. Null: it takes none.
  const char* help;
  bool is_list = false;  // Given twice, it has both values, with a comma.
};

struct CommandContext;  // server/cli/commands.h

struct Command {
  const char* name;
  const char* words;  // Behind it, as the help shows them: "ID".
  const char* help;
  int (*run)(const Arguments&, const CommandContext&);  // The exit code.
  // Besides those of all commands; one of these in the command's own words.
  std::vector<Flag> flags;
};

struct CommandLine {
  const Command* command;  // One of those that it was read for.
  Arguments arguments;
};

// What is to be printed, and no command run.
struct Explanation {
  bool asked = false;  // By --help; else the line is wrong.
  std::string text;
};

// `line` is what stands behind the program's name.
std::variant<CommandLine, Explanation> ReadCommandLine(
    std::span<const Command> commands, const std::vector<std::string>& line);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_COMMAND_LINE_H_
