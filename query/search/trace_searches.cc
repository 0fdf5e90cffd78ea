#include "query/search/trace_searches.h"

#include <utility>

#include "base/status_macros.h"

namespace roentgen::query {

absl::StatusOr<IndexCheckReport> TraceSearches::CheckIndex(
    const IndexCheckRequest& request, const Call& call) const {
  return IndexCheck(engine_, groups_).Run(request, call);
}

absl::StatusOr<std::optional<CompiledFilter>> TraceSearches::Compile(
    const std::string& filter_expression) const {
  if (IsBlank(filter_expression)) return std::optional<CompiledFilter>();
  RTG_ASSIGN_OR_RETURN(CompiledFilter filter,
                       CompileFilter(filter_expression, groups_));
  return std::optional<CompiledFilter>(std::move(filter));
}

std::unique_ptr<LiveTail> TraceSearches::Tail(
    std::optional<CompiledFilter> filter, std::function<void()> wake) const {
  return std::make_unique<LiveTail>(engine_, std::move(filter),
                                    std::move(wake));
}

}  // namespace roentgen::query
