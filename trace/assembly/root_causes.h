// Why a trace was slow or failed.
//
// Response time: from the root, the longest completed child while it takes
// more than half of the root's time. Fault and error: from the root, or from
// the top-most failing segments below a root that did not fail, along failing
// entities to a failing service without a segment of its own, else to the
// deepest entity that recorded an exception.
//
// Bounds: kRootCausesMax causes of a kind, kRootCausePathMax entities on a
// path, kRootCauseExceptionsMax exceptions of an entity. What is beyond is not
// looked at. Exceptions are parsed here, not at ingest.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_ROOT_CAUSES_H_
#define ROENTGEN_TRACE_ASSEMBLY_ROOT_CAUSES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "trace/assembly/trace.h"
#include "trace/model/root_cause.h"

namespace roentgen::storage {

struct RootCauses {
  std::vector<RootCause> fault;  // By start, then id of where they begin.
  std::vector<RootCause> error;
  std::vector<RootCause> response_time;  // One at most.
};

RootCauses FindRootCauses(const Trace& trace);

// The same without the cause of the response time. Costs little where nothing
// failed.
RootCauses FindFailureCauses(const Trace& trace);

// A place in a trace: a node's index, or the number of nodes plus an inferred
// segment's index.
using TracePlace = uint32_t;

struct TimedPlace {
  TracePlace place = 0;
  int64_t took_ns = 0;
};

// From the root to the cause of the response time, both included; empty when
// there is no cause.
std::vector<TimedPlace> FindResponseTimePath(const Trace& trace);
// The cause of such a path.
RootCause ResponseTimeCauseOf(const Trace& trace,
                              std::span<const TimedPlace> path);

// The share of the response time that an entity on the path took.
double CoverageOf(absl::Duration took, absl::Duration response_time);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_ROOT_CAUSES_H_
