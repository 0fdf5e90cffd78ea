// What a search shows of a trace. Members follow X-Ray's TraceSummary.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_TRACE_SUMMARY_H_
#define ROENTGEN_TRACE_MODEL_TRACE_SUMMARY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "trace/model/exact_number.h"
#include "trace/model/ids.h"
#include "trace/model/root_cause.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

using AnnotationValue = std::variant<bool, ExactNumber, std::string>;

struct AnnotationEntry {
  AnnotationValue value;
  std::vector<ServiceId> services;  // Who reported it; sorted, distinct.

  friend bool operator==(const AnnotationEntry&,
                         const AnnotationEntry&) = default;
};

struct TraceUser {
  std::string name;
  std::vector<ServiceId> services;

  friend bool operator==(const TraceUser&, const TraceUser&) = default;
};

// Of the root segment; empty or zero where unknown.
struct HttpSummary {
  std::string url;
  std::string method;
  std::string user_agent;
  std::string client_ip;
  int32_t status = 0;

  friend bool operator==(const HttpSummary&, const HttpSummary&) = default;
};

struct TraceSummary {
  TraceId id;
  Timestamp start;  // Earliest start of any entity.
  std::optional<absl::Duration> duration;
  std::optional<absl::Duration> response_time;
  bool has_fault = false;
  bool has_error = false;
  bool has_throttle = false;
  bool is_partial = false;
  HttpSummary http;
  // Keys in byte order; values in order of first arrival.
  std::map<std::string, std::vector<AnnotationEntry>> annotations;
  std::vector<TraceUser> users;
  std::vector<ServiceId> service_ids;
  std::vector<std::string> resource_arns;
  std::vector<std::string> instance_ids;
  std::vector<std::string> availability_zones;
  std::optional<ServiceId> entry_point;
  std::vector<RootCause> fault_root_causes;
  std::vector<RootCause> error_root_causes;
  std::vector<RootCause> response_time_root_causes;
  // Commits that changed the trace.
  int32_t revision = 0;
  // Set for TimeRangeType Event only: the trace's latest accepted update.
  std::optional<Timestamp> matched_event_time;

  friend bool operator==(const TraceSummary&, const TraceSummary&) = default;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_TRACE_SUMMARY_H_
