// Searches by time over open and sealed traces.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_FINDER_H_
#define ROENTGEN_STORAGE_ROCKS_FINDER_H_

#include "absl/status/statusor.h"
#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

absl::StatusOr<FindResult> FindTraces(const EngineState& state,
                                      const FindRequest& request,
                                      absl::Time deadline);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_FINDER_H_
