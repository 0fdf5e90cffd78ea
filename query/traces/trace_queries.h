// Traces by their ids: X-Ray's BatchGetTraces as plain functions over domain
// types.
//
// HTTP and gRPC are thin codecs over this class.
// Errors: InvalidArgument carries the exact message X-Ray's clients see as
// InvalidRequestException; DeadlineExceeded, ResourceExhausted, Unavailable
// and DataLoss mean what their names say.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_TRACES_TRACE_QUERIES_H_
#define ROENTGEN_QUERY_TRACES_TRACE_QUERIES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "query/traces/batch_token.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

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

struct TracesPage {
  std::vector<AssembledTrace> traces;
  // Ids, as they were asked for, of traces that are damaged or take more than
  // `memory.query`.
  std::vector<std::string> unprocessed;
  std::string next_token;  // Empty: no trace goes on.
};

class TraceQueries {
 public:
  struct Options {
    // Key of the page tokens' check sum; any value, kept over restarts.
    uint64_t token_key = 0;
  };

  // `engine` outlives this object.
  TraceQueries(storage::TraceEngine& engine, const Options& options)
      : engine_(engine), token_key_(options.token_key) {}

  // X-Ray's BatchGetTraces: 1 to 5 ids as text, in request order; unknown ids
  // are left out. Traces of more than limits::kTraceAnswerBytesMax come in
  // pages, each by its own; a segment that large comes in pieces.
  // Where the call has room for the answer with some traces and not with all,
  // the others follow on the next page. A caller that makes something larger of
  // a document counts `bytes_per_byte` for each of its bytes.
  // Errors: of Call::CheckRoom, when there is none for the first trace; of a
  // trace that cannot be read, when none of the ids can.
  absl::StatusOr<TracesPage> BatchGetTraces(
      std::span<const std::string> trace_ids, const std::string& next_token,
      const Call& call, double bytes_per_byte = 1);

  // One trace whole, whatever its answer's size (`bytes_max` = 0: no bound).
  // NotFound when nothing is stored under `id`.
  absl::StatusOr<AssembledTrace> GetTrace(const storage::TraceId& id,
                                          size_t bytes_max, const Call& call);

  // The documents of one trace exactly as they were received, in order of
  // arrival. NotFound when nothing is stored under `id`.
  absl::StatusOr<std::vector<storage::StoredRecord>> GetOriginalDocuments(
      const storage::TraceId& id, const Call& call);

 private:
  using Room = absl::FunctionRef<absl::Status(size_t bytes)>;

  // A page's part of a trace; nothing when it is not stored.
  absl::StatusOr<std::optional<AssembledTrace>> ReadPart(
      const storage::TraceId& id, AnswerPosition from, const Call& call,
      Room has_room) const;
  absl::StatusOr<AssembledTrace> Read(const storage::TraceRecords& records,
                                      size_t bytes_max, AnswerPosition from,
                                      const Call& call, Room has_room) const;

  storage::TraceEngine& engine_;
  const uint64_t token_key_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACES_TRACE_QUERIES_H_
