// Rebuilds the open table from the log.
//
// Threads: called once, before any other thread uses the state.
#ifndef ROENTGEN_STORAGE_ROCKS_RECOVERY_H_
#define ROENTGEN_STORAGE_ROCKS_RECOVERY_H_

#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

// Loads the sealed side and replays every commit that is not sealed whole.
// Errors: DataLoss when the log makes no sense.
absl::Status Recover(EngineState& state);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_RECOVERY_H_
