// Jaeger's storage API and its query API v3 on a gRPC server.
//
//   AddJaegerServices(server, {.spaces = spaces});
//
// Threads: one thread, before the server starts.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_SERVICES_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_SERVICES_H_

#include <cstddef>

#include "base/limits.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space_set.h"

namespace roentgen::server {

struct JaegerOptions {
  ListenerSpaces spaces;
  // Bytes of one message of a stream of spans; a single larger span goes alone.
  size_t trace_chunk_bytes_max = limits::kTraceChunkBytesMax;
  // Of one request, see GrpcService.
  size_t message_bytes_max = limits::kHttpBodyBytesMax;
};

void AddJaegerServices(GrpcServer& server, const JaegerOptions& options);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_SERVICES_H_
