// roentgen.v1 on a gRPC server.
//
//   AddV1Services(server, {.spaces = spaces});
//
// Threads: one thread, before the server starts.
#ifndef ROENTGEN_SERVER_V1_V1_SERVICES_H_
#define ROENTGEN_SERVER_V1_V1_SERVICES_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/limits.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space_set.h"

namespace roentgen::server {

struct V1Options {
  ListenerSpaces spaces;
  // Of one message, see GrpcService.
  size_t message_bytes_max = limits::kHttpBodyBytesMax;
  // Live tails that are open: servers that share it share limits::kTailsMax.
  std::shared_ptr<std::atomic<size_t>> tails =
      std::make_shared<std::atomic<size_t>>(0);
};

void AddV1Services(GrpcServer& server, const V1Options& options);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_V1_SERVICES_H_
