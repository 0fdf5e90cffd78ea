// What every call of Jaeger's services works with.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_JAEGER_JAEGER_CONTEXT_H_
#define ROENTGEN_SERVER_JAEGER_JAEGER_CONTEXT_H_

#include <cstddef>

#include "base/limits.h"
#include "server/rpc/call_context.h"
#include "server/space/space_set.h"

namespace roentgen::server {

// Everything in it outlives every call.
struct JaegerContext : CallContext {
  ListenerSpaces spaces;
  // Bytes of one streamed message of spans.
  size_t trace_chunk_bytes_max = limits::kTraceChunkBytesMax;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JAEGER_CONTEXT_H_
