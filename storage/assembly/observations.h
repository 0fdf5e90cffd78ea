// What a trace says about the nodes and edges of the service map.
//
// One observation per completed segment, real or inferred, and one per call
// between two of them. Index rows and service-map figures are made of these.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ASSEMBLY_OBSERVATIONS_H_
#define ROENTGEN_STORAGE_ASSEMBLY_OBSERVATIONS_H_

#include <vector>

#include "absl/time/time.h"
#include "storage/assembly/trace.h"
#include "storage/document/segment_document.h"
#include "storage/model/trace_summary.h"

namespace roentgen::storage {

struct NodeObservation {
  ServiceId service;
  Outcome outcome;
  absl::Duration duration;
  bool root = false;
  bool inferred = false;
};

struct EdgeObservation {
  ServiceId source;
  ServiceId target;
  Outcome outcome;
  absl::Duration duration;
};

struct TraceObservations {
  std::vector<NodeObservation> nodes;
  std::vector<EdgeObservation> edges;
};

TraceObservations Observe(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ASSEMBLY_OBSERVATIONS_H_
