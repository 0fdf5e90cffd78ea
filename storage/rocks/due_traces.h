// What of the open traces is sealed next, and what of each is written.
//
// Threads: the sealer's.
#ifndef ROENTGEN_STORAGE_ROCKS_DUE_TRACES_H_
#define ROENTGEN_STORAGE_ROCKS_DUE_TRACES_H_

#include <compare>
#include <cstddef>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/trace_records.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

struct DueTraces {
  // Taken from the end: by last arrival, latest first, but before all others
  // those that can wait.
  struct Item {
    bool can_wait = false;
    Timestamp last_received;
    TraceId id;

    friend auto operator<=>(const Item&, const Item&) = default;
  };
  std::vector<Item> traces;
  size_t records = 0;    // Of those; earlier ones count for a part.
  bool pressed = false;  // The table is nearly full.
};

// Whether open traces nearly fill their table.
bool IsPressed(const EngineState& state);
// All open traces when `all`, but for those of `held`.
DueTraces FindDue(const EngineState& state, bool all,
                  const std::map<TraceId, absl::Duration>& held);
// The next batch, for `bucket`, in order of arrival. Traces that are gone or
// have news by now are not taken.
std::vector<TraceToSeal> TakeBatch(const EngineState& state,
                                   const Bucket& bucket, DueTraces& due);
// Open traces whose older records are sealed in `bucket` and nowhere else.
std::vector<TraceToSeal> PickReopenedFrom(const EngineState& state,
                                          const Bucket& bucket);
// As many of those, from the end, as make a batch elsewhere.
std::vector<TraceToSeal> TakeBatch(const EngineState& state,
                                   std::vector<TraceToSeal>& reopened);

// Decides which of the trace's earlier records stay where they are when it is
// sealed in `bucket`: those that are there, and are many beside what is new or
// do not read. The others are read. `older`: of those that have to move.
// Errors: the trace cannot be sealed there now.
absl::Status DecidePieces(const EngineState& state, const Bucket& bucket,
                          Unread older, TraceToSeal& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_DUE_TRACES_H_
