// The roentgen binary: `serve` runs the server, everything else is the client.
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

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "serve") {
    return roentgen::server::RunServe(
        std::vector<std::string>(argv + 2, argv + argc));
  }
  return roentgen::server::RunClient(argc, argv);
}
