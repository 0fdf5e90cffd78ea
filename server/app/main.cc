// The roentgen binary: `serve` runs the server, everything else is the client.
#include <malloc.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "server/app/serve_command.h"
#include "server/cli/client.h"

namespace {

// Memory that one thread takes and another gives back strands in the arenas of
// malloc: few arenas keep the process near what it really uses.
constexpr int kMallocArenas = 2;

void PrintUsage(std::FILE* to) {
  std::fputs(
      "usage: roentgen COMMAND ...\n\n"
      "  serve    run the server (serve --help lists its settings)\n",
      to);
  const std::string client(roentgen::server::ClientUsage());
  std::fputs(client.c_str(), to);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "serve") {
    mallopt(M_ARENA_MAX, kMallocArenas);
    return roentgen::server::RunServe(
        std::vector<std::string>(argv + 2, argv + argc));
  }
  if (roentgen::server::IsClientCommand(command)) {
    return roentgen::server::RunClient(argc, argv);
  }
  const bool asked =
      command == "--help" || command == "-h" || command == "help";
  PrintUsage(asked ? stdout : stderr);
  return asked ? 0 : 2;
}
