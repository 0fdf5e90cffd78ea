// A trace's time under each ordering.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_TRACE_ORDER_H_
#define ROENTGEN_TRACE_ASSEMBLY_TRACE_ORDER_H_

#include <optional>

#include "base/timestamp.h"
#include "trace/assembly/record_resolution.h"
#include "trace/model/orders.h"

namespace roentgen::storage {

// Nothing when the trace has no place in that ordering.
inline std::optional<Timestamp> TimeOf(const TraceTimes& times,
                                       TimeRangeType type) {
  switch (type) {
    case TimeRangeType::kTraceId:
      return times.start;
    case TimeRangeType::kEvent:
      return times.event;
    case TimeRangeType::kService:
      return times.ServiceTime();
    case TimeRangeType::kLatestStart:
      return times.latest_start;
  }
  return std::nullopt;
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_TRACE_ORDER_H_
