// The terminal client: "roentgen put", "roentgen trace", "roentgen search".
//
// Speaks gRPC to the server at --address, else ROENTGEN_ADDRESS, else
// 127.0.0.1:4317. docs/cli.md describes it for users.
#ifndef ROENTGEN_SERVER_CLI_CLIENT_H_
#define ROENTGEN_SERVER_CLI_CLIENT_H_

namespace roentgen::server {

// `argv[1]` names the command. Returns the exit code: 0 done, 1 failed (said
// on standard error), 2 used wrongly, which is said with what would be right.
int RunClient(int argc, char** argv);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_CLIENT_H_
