// Figures of the service map from open traces, roll-ups and index columns.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_GRAPH_READER_H_
#define ROENTGEN_STORAGE_ROCKS_GRAPH_READER_H_

#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/engine/trace_engine.h"
#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

absl::StatusOr<GraphResult> ReadGraph(EngineState& state,
                                      const GraphRequest& request,
                                      const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_GRAPH_READER_H_
