// The read operations of X-Ray as plain functions over domain types.
//
// HTTP, gRPC and the command line are thin codecs over this class.
// Errors: InvalidArgument carries the exact message X-Ray's clients see as
// InvalidRequestException; DeadlineExceeded, ResourceExhausted, Unavailable
// and DataLoss mean what their names say.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_TRACE_QUERIES_H_
#define ROENTGEN_QUERY_TRACE_QUERIES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "storage/engine/trace_engine.h"
#include "storage/model/ids.h"
#include "storage/model/trace_summary.h"

namespace roentgen::query {

// A segment as it is handed out: the stored text, or an edited copy where
// assembly changed it.
struct TraceSegment {
  storage::EntityId id;
  std::string document;
  bool inferred = false;
};

struct AssembledTrace {
  storage::TraceId id;
  std::optional<absl::Duration> duration;
  bool limit_exceeded = false;
  std::vector<TraceSegment> segments;
};

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
  std::string filter_expression;  // Empty: every trace.
  std::string next_token;         // Empty: first page.
};

struct TraceSummariesPage {
  std::vector<storage::TraceSummary> summaries;
  // How far back this page reached.
  Timestamp approximate_time;
  int64_t traces_processed = 0;
  std::string next_token;  // Empty: complete.
};

class TraceQueries {
 public:
  struct Options {
    // Key of the page tokens' check sum; any value, kept over restarts.
    uint64_t token_key = 0;
    // Refuse ranges longer than AWS does (24 h).
    bool strict_aws_limits = false;
  };

  // `engine` outlives this object.
  TraceQueries(storage::TraceEngine& engine, Options options)
      : engine_(engine), options_(options) {}

  // X-Ray's BatchGetTraces: 1 to 5 ids as text, in request order; unknown ids
  // are left out.
  absl::StatusOr<std::vector<AssembledTrace>> BatchGetTraces(
      std::span<const std::string> trace_ids, absl::Time deadline);

  // One trace whole, whatever its size (`bytes_max` = 0: no bound).
  // NotFound when nothing is stored under `id`.
  absl::StatusOr<AssembledTrace> GetTrace(const storage::TraceId& id,
                                          size_t bytes_max,
                                          absl::Time deadline);

  // The documents of one trace exactly as they were received, in order of
  // arrival. NotFound when nothing is stored under `id`.
  absl::StatusOr<std::vector<storage::StoredRecord>> GetOriginalDocuments(
      const storage::TraceId& id, absl::Time deadline);

  absl::StatusOr<TraceSummariesPage> GetTraceSummaries(
      const TraceSummariesRequest& request, absl::Time deadline);

 private:
  absl::Status CheckRequest(const TraceSummariesRequest& request) const;
  absl::StatusOr<std::vector<storage::TraceRecords>> ReadIntact(
      const std::vector<storage::TraceId>& ids, absl::Time deadline);
  absl::Status AppendSummaries(const storage::FindResult& found,
                               storage::TimeRangeType time_type,
                               absl::Time deadline,
                               std::vector<storage::TraceSummary>& summaries);

  storage::TraceEngine& engine_;
  const Options options_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACE_QUERIES_H_
