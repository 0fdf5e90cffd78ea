// What asks for traces by what they are: pages of summaries, figures, live
// tails; and the check of the index that they go by.
//
// Errors: InvalidArgument carries the exact message X-Ray's clients see as
// InvalidRequestException; DeadlineExceeded, ResourceExhausted, Unavailable
// and DataLoss mean what their names say.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_SEARCH_TRACE_SEARCHES_H_
#define ROENTGEN_QUERY_SEARCH_TRACE_SEARCHES_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "query/lang/groups.h"
#include "query/search/compiled_filter.h"
#include "query/search/index_check.h"
#include "query/search/live_tail.h"
#include "query/search/summary_search.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::query {

class TraceSearches {
 public:
  // `engine`, and what `options` points to, outlive this object.
  TraceSearches(storage::TraceEngine& engine,
                const SummarySearch::Options& options)
      : engine_(engine),
        groups_(*options.groups),
        summaries_(engine, options) {}

  // Pages of summaries, and figures of groups of them.
  const SummarySearch& summaries() const { return summaries_; }

  // As IndexCheck.
  absl::StatusOr<IndexCheckReport> CheckIndex(const IndexCheckRequest& request,
                                              const Call& call) const;

  // For a LiveTail; blank: every trace. Errors: as CompileFilter.
  absl::StatusOr<std::optional<CompiledFilter>> Compile(
      const std::string& filter_expression) const;
  std::unique_ptr<LiveTail> Tail(std::optional<CompiledFilter> filter,
                                 std::function<void()> wake) const;

 private:
  storage::TraceEngine& engine_;
  const GroupLookup& groups_;
  const SummarySearch summaries_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_TRACE_SEARCHES_H_
