// Traces that match an expression, as they arrive.
//
// A trace is told each time a commit changes it and it matches then; changes
// that follow each other quickly may be told as one.
//
// Threads: thread-safe; one Take at a time.
#ifndef ROENTGEN_QUERY_SEARCH_LIVE_TAIL_H_
#define ROENTGEN_QUERY_SEARCH_LIVE_TAIL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/mutex.h"
#include "query/search/compiled_filter.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {

struct TailBatch {
  std::vector<storage::TraceSummary> summaries;  // In order of change.
  // Changes that were not looked at since the last batch: more came than
  // could be kept.
  uint64_t skipped = 0;
  // More is waiting: Take again.
  bool more = false;
};

class LiveTail {
 public:
  // `engine` outlives this object. Nothing as filter: every trace. `wake` runs
  // on the thread that commits whenever there is something to take after there
  // was nothing; it must be quick.
  LiveTail(storage::TraceEngine& engine, std::optional<CompiledFilter> filter,
           std::function<void()> wake);
  // Returns once `wake` runs no more.
  ~LiveTail();

  // Looks at some of what changed. An empty batch with nothing more: wait for
  // `wake`. Errors: those of the engine.
  absl::StatusOr<TailBatch> Take(const Call& call);

 private:
  void Note(std::span<const storage::TraceId> changed);

  storage::TraceEngine& engine_;
  const std::optional<CompiledFilter> filter_;
  const std::function<void()> wake_;
  Mutex mu_;
  std::deque<storage::TraceId> order_ RTG_GUARDED_BY(mu_);
  absl::flat_hash_set<storage::TraceId> waiting_ RTG_GUARDED_BY(mu_);
  uint64_t skipped_ RTG_GUARDED_BY(mu_) = 0;
  // `wake` was called, and Take has not found everything taken since.
  bool woken_ RTG_GUARDED_BY(mu_) = false;
  std::unique_ptr<storage::CommitWatch> watch_;  // Last: ends first.
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_LIVE_TAIL_H_
