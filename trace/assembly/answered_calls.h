// Calls whose answer has the same id, as Zipkin's tracers make them.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_ANSWERED_CALLS_H_
#define ROENTGEN_TRACE_ASSEMBLY_ANSWERED_CALLS_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "trace/assembly/trace.h"

namespace roentgen::storage {

// By node of a server's span: the client's span that has its id.
absl::flat_hash_map<uint32_t, uint32_t> AnsweredCalls(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_ANSWERED_CALLS_H_
