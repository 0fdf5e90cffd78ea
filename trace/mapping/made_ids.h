// Ids that spans do not have and segments need. Hashes: the same at every
// read, on every server.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_MADE_IDS_H_
#define ROENTGEN_TRACE_MAPPING_MADE_IDS_H_

#include <cstdint>

#include "trace/model/ids.h"

namespace roentgen::storage {

// Of the segment of the service that made the call which span `span` is.
// Never 0, never the span's own.
EntityId ServiceSegmentId(const TraceId& trace, EntityId span);
// Of exception number `index` of the span. Never 0.
EntityId ExceptionId(const TraceId& trace, EntityId span, uint64_t index);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_MADE_IDS_H_
