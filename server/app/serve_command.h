// `roentgen serve`: runs the server until a signal.
//
// Threads: for main only.
#ifndef ROENTGEN_SERVER_APP_SERVE_COMMAND_H_
#define ROENTGEN_SERVER_APP_SERVE_COMMAND_H_

#include <string>
#include <vector>

namespace roentgen::server {

// `args` are what follows "serve". Returns the exit code: 0 after a clean
// stop, 1 when the server could not start, 2 for a bad configuration.
// The first SIGINT or SIGTERM stops the server, a second ends the process at
// once. SIGHUP reads certificates and keys again, and stops when the
// terminal has gone.
// Call before any thread is started.
int RunServe(const std::vector<std::string>& args);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_SERVE_COMMAND_H_
