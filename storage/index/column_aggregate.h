// Matching traces of a batch -> figures of the groups they are in.
//
// Threads: pure but for the source.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_AGGREGATE_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_AGGREGATE_H_

#include "absl/status/statusor.h"
#include "storage/engine/trace_engine.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"

namespace roentgen::storage {

// Adds the traces of `certain` to `result`, but for those whose groups the
// columns do not tell, which it returns.
// Errors: those of the source.
absl::StatusOr<TraceBitmap> AggregateColumns(const AggregateRequest& request,
                                             const TraceBitmap& certain,
                                             ColumnSource& source,
                                             AggregateResult& result);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_AGGREGATE_H_
