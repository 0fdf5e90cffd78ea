// Calls between services in traces that came in two halves (split_traces.h): a
// caller may be in the one and who answers in the other.
//
// Halves are looked for when calls are asked for, so that it does not matter
// which one came first and whether they are sealed. Costs one look at the
// directory of each batch where no trace has an id of 64 bits.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_SPLIT_CALLS_H_
#define ROENTGEN_STORAGE_ROCKS_SPLIT_CALLS_H_

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "storage/rocks/engine_state.h"
#include "trace/model/ids.h"
#include "trace/model/operation.h"

namespace roentgen::storage {

struct SplitCalls {
  // What the index says of these does not count.
  absl::flat_hash_set<TraceId> halves;
  ServiceCalls calls;  // Of the whole traces.
};

// Of traces that begin in the range, the newest ones first, as far as limits
// go; what is not read is not in `halves`. Errors: those of IndexScan.
absl::StatusOr<SplitCalls> CountSplitCalls(EngineState& state,
                                           const TimeRange& range, CallSet set,
                                           const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SPLIT_CALLS_H_
