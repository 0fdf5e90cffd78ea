// The roentgen binary: `serve` runs the server, everything else is the client.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "server/app/serve_command.h"
#include "server/cli/client.h"

// Read by jemalloc, which the program is linked with: memory that one thread
// takes and another gives back must not strand in many arenas, and what is free
// goes back to the system soon, also when nothing happens any more.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "narenas:4,background_thread:true,dirty_decay_ms:2000,muzzy_decay_ms:0";
}

namespace {

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
