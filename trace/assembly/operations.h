// A trace as OpenTelemetry sees it: which operations ran in it, and which
// services called which.
//
// Segments and subsegments count as spans. The service of an X-Ray entity is
// the name of the segment that it belongs to; of an orphan, its own. Repeats of
// spans run the operations that they name; calls count once.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_OPERATIONS_H_
#define ROENTGEN_TRACE_ASSEMBLY_OPERATIONS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/assembly/trace.h"
#include "trace/model/operation.h"
#include "trace/model/span_member.h"

namespace roentgen::storage {

// Views into the trace.
struct OperationSeen {
  std::string_view service;
  std::string_view name;
  std::string_view kind;  // See Operation.
  int64_t shortest_ns = 0;
  int64_t longest_ns = 0;
  SpanStatuses statuses = kAllStatuses;
  bool named = true;  // See Operation.
};

struct CallSeen {
  CallKind kind = CallKind::kOfSpans;
  std::string_view caller;
  std::string_view callee;
  uint64_t calls = 0;
  uint64_t errors = 0;
};

struct TraceOperations {
  // Each operation once; each pair once of a kind.
  std::vector<OperationSeen> operations;
  std::vector<CallSeen> calls;
  // Some span is a repeat that does not count: what it says of attributes is
  // in no annotation of the trace.
  bool repeats = false;
};

// Links (CallKind::kOfPeer) are what Zipkin makes of the trace; its spans of a
// service within itself have no kind there:
// - What serves is called by the nearest span above it that has a kind and
//   whose service has a name, else by whom it names, else by the nearest
//   service of another name above it.
// - A call that has no child and no other half goes to the service that it
//   names. So does a span without a kind that names one.
// - What a producer sends goes to the broker that it names, what a consumer
//   takes comes from it; without names there is no link.
// - A call whose nearest span above is of another service shows that this one
//   called its service.
// - Spans whose parent is not here are below the root, if one is.
// A service that calls itself is linked with itself. A link failed when its
// span did, or the call right above what serves. A span that came twice counts
// once.
TraceOperations ObserveOperations(const Trace& trace);

// Adds the trace's calls, names as they are in keys.
void AddCallsOf(const Trace& trace, CallSet set, ServiceCalls& calls);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_OPERATIONS_H_
