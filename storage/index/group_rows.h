// Which traces of some columns belong to which groups.
//
// The columns decide where they can; other traces are read and asked for
// themselves, each once for all groups.
//
// Threads: pure but for the source and `read`.
#ifndef ROENTGEN_STORAGE_INDEX_GROUP_ROWS_H_
#define ROENTGEN_STORAGE_INDEX_GROUP_ROWS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/engine/trace_engine.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"

namespace roentgen::storage {

struct GroupRows {
  std::string group_id;
  TraceBitmap traces;
};

// Groups without a member among `traces` are left out. A trace that `read`
// cannot give, or that a test fails on, is in no group that the columns do not
// tell: one damaged trace does not keep the others.
// Errors: those of the source.
absl::StatusOr<std::vector<GroupRows>> FindGroupRows(
    const std::vector<GroupTest>& tests, ColumnSource& source,
    const TraceBitmap& traces,
    const std::function<absl::StatusOr<TraceRecords>(uint32_t trace)>& read);

// The groups that the columns say (Column::kGroup) of `traces`.
absl::StatusOr<std::vector<GroupRows>> ReadGroupRows(ColumnSource& source,
                                                     const TraceBitmap& traces);

// Those of `traces` that the columns say are in the group.
absl::StatusOr<TraceBitmap> MembersOf(ColumnSource& source,
                                      const std::string& group_id,
                                      const TraceBitmap& traces);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_GROUP_ROWS_H_
