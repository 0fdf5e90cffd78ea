// The APIs that a listener of gRPC may serve.
//
// Threads: one thread, before the server starts.
#ifndef ROENTGEN_SERVER_APP_GRPC_APIS_H_
#define ROENTGEN_SERVER_APP_GRPC_APIS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "server/config/listener.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space_set.h"

namespace roentgen::server {

// What the services of a listener work with.
struct GrpcApiParts {
  ListenerSpaces spaces;
  // Of one message, but for exports.
  size_t message_bytes_max = 0;
  size_t otlp_request_bytes_max = 0;
  // Of all listeners: live tails have one limit.
  std::shared_ptr<std::atomic<size_t>> tails;
};

void AddServices(GrpcServer& server, const std::vector<Api>& apis,
                 const GrpcApiParts& parts);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_GRPC_APIS_H_
