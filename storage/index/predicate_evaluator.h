// A predicate over the columns of a batch -> which of its traces match.
//
// Leaves scan whole columns; AND, OR and NOT work on sets of traces. Terms
// of an AND are looked at in order, and no further once no trace is left.
//
// Threads: pure but for the source.
#ifndef ROENTGEN_STORAGE_INDEX_PREDICATE_EVALUATOR_H_
#define ROENTGEN_STORAGE_INDEX_PREDICATE_EVALUATOR_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/engine/trace_predicate.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"

namespace roentgen::storage {

// Of the traces of `source`. Adds the rows it went through to
// `rows_scanned`. Errors: those of the source.
absl::StatusOr<Match> EvaluatePredicate(const TracePredicate& predicate,
                                        ColumnSource& source,
                                        uint64_t& rows_scanned);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_PREDICATE_EVALUATOR_H_
