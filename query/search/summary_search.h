// Searches for traces: pages of summaries, figures over all matches.
//
// Errors: InvalidArgument carries the exact message X-Ray's clients see as
// InvalidRequestException; DeadlineExceeded, Cancelled, ResourceExhausted (the
// search needs more memory than it may use) and Unavailable.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_SEARCH_SUMMARY_SEARCH_H_
#define ROENTGEN_QUERY_SEARCH_SUMMARY_SEARCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "query/search/compiled_filter.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {

enum class SamplingStrategyName { kPartialScan, kFixedRate };

struct SamplingStrategy {
  SamplingStrategyName name = SamplingStrategyName::kPartialScan;
  std::optional<double> value;
};

struct TraceSummariesRequest {
  Timestamp start;
  Timestamp end;
  storage::TimeRangeType time_type = storage::TimeRangeType::kTraceId;
  bool sampling = false;
  std::optional<SamplingStrategy> strategy;
  std::string filter_expression;  // Blank: every trace.
  std::string next_token;         // Empty: first page.
  // Not X-Ray's: another order than newest first, and how it was found.
  storage::FindOrder order = storage::FindOrder::kTime;
  bool explain = false;
};

struct TraceSummariesPage {
  std::vector<storage::TraceSummary> summaries;
  // How far back this page reached.
  Timestamp approximate_time;
  int64_t traces_processed = 0;
  storage::AnswerScope scope;
  std::string next_token;   // Empty: complete.
  std::string explanation;  // When asked for.
};

struct TraceFiguresRequest {
  Timestamp start;
  Timestamp end;
  storage::TimeRangeType time_type = storage::TimeRangeType::kTraceId;
  std::string filter_expression;  // Blank: every trace.
  storage::GroupBy group_by = storage::GroupBy::kNone;
  std::string annotation_key;  // For GroupBy::kAnnotation.
  bool explain = false;
};

struct TraceFiguresAnswer {
  storage::TraceFigures total;
  // Those with the most traces first, ties by key.
  std::vector<std::pair<storage::GroupKey, storage::TraceFigures>> groups;
  // There were more than an answer may hold.
  bool groups_cut = false;
  storage::AnswerScope scope;
  std::string explanation;
};

class SummarySearch {
 public:
  struct Options {
    // Key of the page tokens' check sum; any value, kept over restarts.
    uint64_t token_key = 0;
    // Refuse ranges longer than AWS does (24 h).
    bool strict_aws_limits = false;
    const GroupLookup* groups = &NoGroups();
  };

  // `engine`, and what `options` points to, outlive this object.
  SummarySearch(storage::TraceEngine& engine, const Options& options)
      : engine_(engine), options_(options) {}

  // One page. A page may be short, even empty, and have a token: then looking
  // at candidates took half of the call's time.
  absl::StatusOr<TraceSummariesPage> Page(const TraceSummariesRequest& request,
                                          const Call& call) const;

  absl::StatusOr<TraceFiguresAnswer> Figures(const TraceFiguresRequest& request,
                                             const Call& call) const;

 private:
  struct Progress;

  absl::Status CheckRange(Timestamp start, Timestamp end) const;
  absl::StatusOr<std::optional<CompiledFilter>> Compile(
      const std::string& expression) const;
  absl::Status Collect(const TraceSummariesRequest& request,
                       const std::optional<CompiledFilter>& filter,
                       storage::FindRequest find, const Call& call,
                       Progress& progress) const;
  absl::Status Examine(const TraceSummariesRequest& request,
                       const std::optional<CompiledFilter>& filter,
                       storage::FindResult& found, const Call& call,
                       Progress& progress) const;
  absl::Status AddUnsure(const TraceFiguresRequest& request,
                         const std::optional<CompiledFilter>& filter,
                         const Call& call,
                         storage::AggregateResult& result) const;

  storage::TraceEngine& engine_;
  const Options options_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_SUMMARY_SEARCH_H_
