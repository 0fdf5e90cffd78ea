// The commands of the client and what each takes. docs/cli.md is for users.
//
// Threads: constant.
#ifndef ROENTGEN_SERVER_CLI_CLIENT_COMMANDS_H_
#define ROENTGEN_SERVER_CLI_CLIENT_COMMANDS_H_

#include <span>

#include "server/cli/command_line.h"

namespace roentgen::server {

std::span<const Command> ClientCommands();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_CLIENT_COMMANDS_H_
