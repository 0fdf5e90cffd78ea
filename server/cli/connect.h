// How the client reaches its server: address, TLS.
//
// Threads: thread-safe; reads files and the environment.
#ifndef ROENTGEN_SERVER_CLI_CONNECT_H_
#define ROENTGEN_SERVER_CLI_CONNECT_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/cli/arguments.h"

namespace roentgen::server {

// Of --address or ROENTGEN_ADDRESS: "127.0.0.1:4317", "unix:/run/x.sock".
std::string AddressOf(const Arguments& arguments);

// In plain text, or with TLS where a flag asks for it. InvalidArgument says
// which flag cannot be heeded.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, const Arguments& arguments);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_CONNECT_H_
