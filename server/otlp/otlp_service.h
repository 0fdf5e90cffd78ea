// OTLP's TraceService over gRPC.
//
// The request stays bytes: it is read where it lies, without building messages
// of it, and each span is stored as it came.
//
// Errors are those of OTLP's clients' rules: bytes that are no request are
// INVALID_ARGUMENT; what may succeed later, a full queue among it, is
// UNAVAILABLE with a RetryInfo.
//
// Threads: gRPC's, and the engine's commit thread.
#ifndef ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_
#define ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_

#include <cstddef>

#include "server/rpc/grpc_server.h"
#include "server/space/space_set.h"

namespace roentgen::server {

// Adds it to a server, before that starts. Requests of more than
// `request_bytes_max` bytes are refused.
void AddOtlpService(GrpcServer& server, ListenerSpaces spaces,
                    size_t request_bytes_max);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_OTLP_SERVICE_H_
