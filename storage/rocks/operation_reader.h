// What the store knows of operations and of calls between services.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_OPERATION_READER_H_
#define ROENTGEN_STORAGE_ROCKS_OPERATION_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "storage/rocks/engine_state.h"
#include "trace/model/operation.h"

namespace roentgen::storage {

// See TraceEngine::Operations.
absl::StatusOr<std::vector<Operation>> ReadOperations(
    EngineState& state, const OperationsRequest& request, const Call& call);

// See TraceEngine::Services.
absl::StatusOr<std::vector<std::string>> ReadServices(EngineState& state,
                                                      const TimeRange& range,
                                                      const Call& call);

// See TraceEngine::Calls.
absl::StatusOr<ServiceCalls> CountCalls(EngineState& state,
                                        const TimeRange& range, CallSet set,
                                        const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_OPERATION_READER_H_
