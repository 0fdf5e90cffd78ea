// What a trace says about the nodes and edges of the service map.
//
// One observation per segment, real or inferred, and one per completed call
// between two of them. Index rows, service and edge filters and service-map
// figures are made of these.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_OBSERVATIONS_H_
#define ROENTGEN_TRACE_ASSEMBLY_OBSERVATIONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "trace/assembly/trace.h"
#include "trace/document/segment_document.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

struct NodeObservation {
  uint32_t service = 0;  // Index into TraceObservations::services.
  // Index of the trace's node that was seen: the segment, or the call that it
  // is inferred from.
  uint32_t entity = 0;
  Outcome outcome;
  absl::Duration duration;  // Zero while in progress.
  // From the start to the latest end of anything completed in the segment; at
  // least `duration`. Zero while in progress.
  absl::Duration extent;
  Timestamp end;  // Of the segment; its start while in progress.
  bool in_progress = false;
  bool root = false;
  bool inferred = false;
};

struct EdgeObservation {
  // Indices into TraceObservations::services.
  uint32_t source = 0;
  uint32_t target = 0;
  // Index of the trace's node that was seen: the caller's subsegment where
  // there is one, the called segment otherwise.
  uint32_t entity = 0;
  Outcome outcome;
  absl::Duration duration;
  Timestamp end;  // Of what was seen.
  // What the caller calls the target, where a segment answers under an
  // identity of its own: the node that would be inferred otherwise. The account
  // does not count.
  std::optional<uint32_t> alias;
};

struct TraceObservations {
  // What nodes and edges refer to; one may stand there more than once.
  std::vector<ServiceId> services;
  std::vector<NodeObservation> nodes;
  std::vector<EdgeObservation> edges;
};

TraceObservations Observe(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_OBSERVATIONS_H_
