// Figures of the service map from index columns: the same as from the
// assembled traces (trace/assembly/trace_graph.h), without reading one.
//
// Threads: pure but for the source.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_GRAPH_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_GRAPH_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"
#include "trace/model/graph_figures.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {

// Adds what ended in the window, of the traces in `traces`, to the figures of
// its period; takes it away with `sign` -1. `traces` is as large as the source.
// Errors: DataLoss when columns do not fit together (figures are then added in
// part); those of the source.
absl::Status AddColumnGraph(ColumnSource& source, const TraceBitmap& traces,
                            const GraphWindow& window, int64_t sign,
                            GraphPeriods& periods);

// Calls `use` with the trace and the second of each observation, and of each
// segment in progress. Errors: as above.
absl::Status ForEachSecond(
    ColumnSource& source,
    const std::function<void(uint32_t trace, int64_t second)>& use);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_GRAPH_H_
