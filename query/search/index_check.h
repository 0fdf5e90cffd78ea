// Compares what the index answers with what the evaluator says of every
// trace, on a live store.
//
// Traces change while they are looked at: what seems wrong is looked at again
// before it counts.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_SEARCH_INDEX_CHECK_H_
#define ROENTGEN_QUERY_SEARCH_INDEX_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "query/search/compiled_filter.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::query {

struct IndexCheckRequest {
  Timestamp start;
  Timestamp end;
  // Empty: a set that touches every kind of column, with values taken from the
  // newest traces of the range.
  std::vector<std::string> filter_expressions;
};

struct IndexMismatch {
  storage::TraceId trace_id;
  std::string filter_expression;
  // The index left out a match; otherwise it was certain of a trace that does
  // not match.
  bool missing = false;
};

struct IndexCheckReport {
  uint64_t traces = 0;
  uint64_t expressions = 0;
  uint64_t comparisons = 0;  // Traces times expressions.
  uint64_t mismatches = 0;
  std::vector<IndexMismatch> first_mismatches;  // At most 100.
};

class IndexCheck {
 public:
  // Both outlive this object.
  IndexCheck(storage::TraceEngine& engine, const GroupLookup& groups)
      : engine_(engine), groups_(groups) {}

  // Errors: InvalidArgument for an expression that does not parse; those of
  // the engine.
  absl::StatusOr<IndexCheckReport> Run(const IndexCheckRequest& request,
                                       const Call& call) const;

  // The expressions of an empty request.
  absl::StatusOr<std::vector<std::string>> SampleExpressions(
      const TimeRange& range, const Call& call) const;

 private:
  storage::TraceEngine& engine_;
  const GroupLookup& groups_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_INDEX_CHECK_H_
