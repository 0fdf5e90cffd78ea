// TimeRangeType Service with a filter that names services: the time that
// counts is the latest end of a completed segment of one of them.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SEARCH_SERVICE_WINDOW_H_
#define ROENTGEN_QUERY_SEARCH_SERVICE_WINDOW_H_

#include <optional>
#include <vector>

#include "base/timestamp.h"
#include "query/lang/expression.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {

// The nodes that the expression asks for with service(); not those it rules
// out.
std::vector<NodeSelector> NamedServices(const Expression& expression);

// Nothing when no such segment is complete.
std::optional<Timestamp> LatestEnd(const storage::Trace& trace,
                                   const std::vector<NodeSelector>& services);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_SERVICE_WINDOW_H_
