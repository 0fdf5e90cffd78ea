// Identity of a node of the service map.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_SERVICE_ID_H_
#define ROENTGEN_TRACE_MODEL_SERVICE_ID_H_

#include <compare>
#include <string>

namespace roentgen::storage {

// A node of the service map as named by a trace.
struct ServiceId {
  std::string name;
  std::string type;        // Empty: the segment gave no origin.
  std::string account_id;  // Empty: unknown.

  friend auto operator<=>(const ServiceId&, const ServiceId&) = default;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_SERVICE_ID_H_
