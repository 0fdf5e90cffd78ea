// Searches over open and sealed traces.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_FINDER_H_
#define ROENTGEN_STORAGE_ROCKS_FINDER_H_

#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

// All as TraceEngine says.
absl::StatusOr<FindResult> FindTraces(EngineState& state,
                                      const FindRequest& request,
                                      const Call& call);

absl::StatusOr<AggregateResult> AggregateTraces(EngineState& state,
                                                const AggregateRequest& request,
                                                const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_FINDER_H_
