#include "server/cli/client.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/cli/client_commands.h"
#include "server/cli/command_line.h"
#include "server/cli/commands.h"
#include "server/cli/connect.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kTimeoutDefault = absl::Seconds(30);

// Nothing when it is no "id:secret" that a header can carry.
std::optional<std::string> KeyOf(const Arguments& arguments) {
  const char* environment = std::getenv("ROENTGEN_KEY");
  std::string key = environment != nullptr ? environment : "";
  key = arguments.Value("key").value_or(key);
  if (key.empty() && !arguments.Has("key")) return key;
  const size_t colon = key.find(':');
  const bool whole = colon != key.npos && colon != 0 && colon + 1 != key.size();
  const bool fits = std::all_of(key.begin(), key.end(),
                                [](char c) { return c > ' ' && c <= '~'; });
  return whole && fits ? std::optional(key) : std::nullopt;
}

int Run(const Command& command, const Arguments& arguments) {
  const std::string address = AddressOf(arguments);
  absl::Duration timeout = kTimeoutDefault;
  if (const auto text = arguments.Value("timeout");
      text && (!absl::ParseDuration(*text, &timeout) ||
               timeout <= absl::ZeroDuration())) {
    std::cerr << "roentgen: --timeout: expected 30s or 2m, was \"" << *text
              << "\"\n";
    return kExitUsage;
  }
  const std::optional<std::string> key = KeyOf(arguments);
  if (!key) {
    std::cerr << "roentgen: --key, ROENTGEN_KEY: expected ID:SECRET\n";
    return kExitUsage;
  }
  const auto channel = Connect(address, arguments);
  if (!channel.ok()) {
    std::cerr << "roentgen: " << channel.status().message() << '\n';
    return kExitUsage;
  }
  return command.run(arguments, {.channel = *channel,
                                 .key = *key,
                                 .address = address,
                                 .timeout = timeout,
                                 .clock = SystemClock(),
                                 .in = std::cin,
                                 .out = std::cout,
                                 .err = std::cerr});
}

}  // namespace

int RunClient(int argc, char** argv) {
  // What the library logs about a handshake is in its errors, too.
  ::setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  std::vector<std::string> line(argv + 1, argv + argc);
  if (line == std::vector<std::string>{"help"}) line = {"--help"};
  const auto read = ReadCommandLine(ClientCommands(), line);
  if (const auto* text = std::get_if<Explanation>(&read)) {
    (text->asked ? std::cout : std::cerr) << text->text;
    return text->asked ? kExitOk : kExitUsage;
  }
  const auto& [command, arguments] = std::get<CommandLine>(read);
  return Run(*command, arguments);
}

}  // namespace roentgen::server
