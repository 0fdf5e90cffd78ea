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
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call_control.h"
#include "base/timestamp.h"
#include "query/batch_token.h"
#include "query/compiled_filter.h"
#include "query/index_check.h"
#include "query/live_tail.h"
#include "query/summary_search.h"
#include "query/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "storage/model/ids.h"
#include "storage/model/record.h"

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
  TimeRange times;  // From the earliest start to the latest end, inclusive.
  std::optional<absl::Duration> duration;
  // Some documents are not here: they follow, unless one alone is too large.
  bool limit_exceeded = false;
  std::optional<AnswerPosition> next;
  std::vector<TraceSegment> segments;
  // Ids of spans that are segments because others say so: their parent is of
  // another service, or not here (storage::SpanPlace::kEntry).
  absl::flat_hash_set<storage::EntityId> entries;
};

// Whether there is room for an answer of so many bytes of documents. Empty:
// there is. Unavailable and ResourceExhausted: there is none.
using HasRoom = std::function<absl::Status(size_t bytes)>;

struct TracesPage {
  std::vector<AssembledTrace> traces;
  // Ids, as they were asked for, of traces that are damaged or take more than
  // `memory.query`.
  std::vector<std::string> unprocessed;
  std::string next_token;  // Empty: no trace goes on.
};

class TraceQueries {
 public:
  // `engine`, and what `options` points to, outlive this object.
  TraceQueries(storage::TraceEngine& engine,
               const SummarySearch::Options& options)
      : engine_(engine),
        groups_(*options.groups),
        bounds_({.clock = *options.clock,
                 .memory_bytes_max = options.memory_bytes_max}),
        token_key_(options.token_key),
        search_(engine, options) {}

  // X-Ray's BatchGetTraces: 1 to 5 ids as text, in request order; unknown ids
  // are left out. Traces of more than limits::kTraceAnswerBytesMax come in
  // pages, each by its own; a segment that large comes in pieces.
  // `has_room` is asked as the answer grows: where there is room for some
  // traces and not for all, the others follow on the next page.
  // Errors: of `has_room`, when there is none for the first trace; of a trace
  // that cannot be read, when none of the ids can.
  absl::StatusOr<TracesPage> BatchGetTraces(
      std::span<const std::string> trace_ids, const std::string& next_token,
      const CallControl& control, const HasRoom& has_room = {});

  // One trace whole, whatever its answer's size (`bytes_max` = 0: no bound).
  // NotFound when nothing is stored under `id`.
  absl::StatusOr<AssembledTrace> GetTrace(const storage::TraceId& id,
                                          size_t bytes_max,
                                          const CallControl& control);

  // The documents of one trace exactly as they were received, in order of
  // arrival. NotFound when nothing is stored under `id`.
  absl::StatusOr<std::vector<storage::StoredRecord>> GetOriginalDocuments(
      const storage::TraceId& id, const CallControl& control);

  const SummarySearch& search() const { return search_; }

  // As IndexCheck.
  absl::StatusOr<IndexCheckReport> CheckIndex(const IndexCheckRequest& request,
                                              const CallControl& control) const;

  // For a LiveTail; blank: every trace. Errors: as CompileFilter.
  absl::StatusOr<std::optional<CompiledFilter>> Compile(
      const std::string& filter_expression) const;
  std::unique_ptr<LiveTail> Tail(std::optional<CompiledFilter> filter,
                                 std::function<void()> wake) const;

 private:
  // A page's part of a trace; nothing when it is not stored.
  absl::StatusOr<std::optional<AssembledTrace>> ReadPart(
      const storage::TraceId& id, AnswerPosition from,
      const CallControl& control, const HasRoom& has_room) const;
  absl::StatusOr<AssembledTrace> Read(const storage::TraceRecords& records,
                                      size_t bytes_max, AnswerPosition from,
                                      const CallControl& control,
                                      const HasRoom& has_room) const;

  storage::TraceEngine& engine_;
  const GroupLookup& groups_;
  const ReadBounds bounds_;
  const uint64_t token_key_;
  const SummarySearch search_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACE_QUERIES_H_
