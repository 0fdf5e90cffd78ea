// What traces that stand together add to the service map, made once and added
// to one map after the other: maps are asked for again and again, and within
// the last minute, which has no roll-up yet, a burst is hundreds of batches.
//
// Threads: plain data; pure functions but for the source.
#ifndef ROENTGEN_STORAGE_LIVE_KEPT_GRAPH_H_
#define ROENTGEN_STORAGE_LIVE_KEPT_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"
#include "trace/model/graph_figures.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {

struct KeptGraph {
  struct Minute {
    // Of what was observed; it is within.
    int64_t first_second = INT64_MAX;
    int64_t last_second = INT64_MIN;
    std::string roll_up;  // trace/graph/roll_up.h.
  };
  std::map<int64_t, Minute> minutes;  // By begin, in seconds since the epoch.

  size_t MemoryBytes() const;
};

// Of what `traces` have between the seconds. Errors: those of AddColumnGraph.
absl::StatusOr<KeptGraph> KeepGraph(ColumnSource& source,
                                    const TraceBitmap& traces,
                                    int64_t begin = INT64_MIN,
                                    int64_t end = INT64_MAX);

// As AddColumnGraph of the same, with sign 1. False: they have to be
// looked at, because an end of the window, or of a period, lies within a minute
// of theirs, or a minute has too much for a roll-up; then nothing was added.
// Errors: DataLoss.
absl::StatusOr<bool> AddKeptGraph(const KeptGraph& kept,
                                  const GraphWindow& window,
                                  GraphPeriods& periods);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_KEPT_GRAPH_H_
