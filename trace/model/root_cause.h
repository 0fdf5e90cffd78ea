// Why a trace was slow or failed: the path from its root to the part that is
// to blame. Members follow X-Ray's FaultRootCause, ErrorRootCause and
// ResponseTimeRootCause.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_ROOT_CAUSE_H_
#define ROENTGEN_TRACE_MODEL_ROOT_CAUSE_H_

#include <optional>
#include <string>
#include <vector>

#include "trace/model/service_id.h"

namespace roentgen::storage {

struct RootCauseException {
  std::string name;  // The exception's type.
  std::string message;

  friend bool operator==(const RootCauseException&,
                         const RootCauseException&) = default;
};

// A segment or subsegment on the path.
struct RootCauseEntity {
  std::string name;
  // Share of the root's response time, 0 to 1; response time causes only.
  std::optional<double> coverage;
  bool remote = false;  // A call to another service.
  // Fault and error causes only.
  std::vector<RootCauseException> exceptions;

  friend bool operator==(const RootCauseEntity&,
                         const RootCauseEntity&) = default;
};

struct RootCauseService {
  ServiceId service;
  bool inferred = false;
  // The service itself first, then subsegments on the path.
  std::vector<RootCauseEntity> entity_path;

  friend bool operator==(const RootCauseService&,
                         const RootCauseService&) = default;
};

struct RootCause {
  std::vector<RootCauseService> services;
  // Whether the client of the trace saw it.
  bool client_impacting = false;

  friend bool operator==(const RootCause&, const RootCause&) = default;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_ROOT_CAUSE_H_
