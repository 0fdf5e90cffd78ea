// A command of the client, run as the binary does, and what it said.
#ifndef ROENTGEN_TESTS_SERVER_CLI_COMMAND_RUN_H_
#define ROENTGEN_TESTS_SERVER_CLI_COMMAND_RUN_H_

#include <grpcpp/channel.h>

#include <memory>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "server/cli/client_commands.h"
#include "server/cli/command_line.h"
#include "server/cli/commands.h"

namespace roentgen::server {

struct CommandRun {
  int code = 0;
  std::string out;
  std::string err;
};

// `line` must parse; nothing comes by standard input.
inline CommandRun RunCommand(const std::vector<std::string>& line,
                             const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& key) {
  const auto read = ReadCommandLine(ClientCommands(), line);
  const auto& [command, arguments] = std::get<CommandLine>(read);
  const std::string address = "server";
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const int code = command->run(arguments, {.channel = channel,
                                            .key = key,
                                            .address = address,
                                            .timeout = absl::Seconds(30),
                                            .clock = SystemClock(),
                                            .in = in,
                                            .out = out,
                                            .err = err});
  return {.code = code, .out = out.str(), .err = err.str()};
}

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_CLI_COMMAND_RUN_H_
