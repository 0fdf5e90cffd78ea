#include "query/search/live_tail.h"

#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "trace/assembly/summarize.h"

namespace roentgen::query {
namespace {

// Changes that one Take looks at: bounds its time and its answer.
constexpr size_t kTracesPerTake = 64;

}  // namespace

LiveTail::LiveTail(storage::TraceEngine& engine,
                   std::optional<CompiledFilter> filter,
                   std::function<void()> wake)
    : engine_(engine),
      filter_(std::move(filter)),
      wake_(std::move(wake)),
      watch_(engine.Watch([this](std::span<const storage::TraceId> changed) {
        Note(changed);
      })) {}

LiveTail::~LiveTail() = default;

void LiveTail::Note(std::span<const storage::TraceId> changed) {
  bool wake = false;
  {
    MutexLock lock(mu_);
    for (const storage::TraceId& id : changed) {
      if (waiting_.contains(id)) continue;
      if (order_.size() >= limits::kTailWaitingMax) {
        ++skipped_;
        continue;
      }
      waiting_.insert(id);
      order_.push_back(id);
    }
    wake = !woken_ && !order_.empty();
    woken_ |= wake;
  }
  if (wake) wake_();
}

absl::StatusOr<TailBatch> LiveTail::Take(const Call& call) {
  TailBatch batch;
  std::vector<storage::TraceId> ids;
  {
    MutexLock lock(mu_);
    while (!order_.empty() && ids.size() < kTracesPerTake) {
      ids.push_back(order_.front());
      order_.pop_front();
      waiting_.erase(ids.back());
    }
    batch.skipped = std::exchange(skipped_, 0);
  }
  RTG_RETURN_IF_ERROR(
      VisitTraces(engine_, ids, call, [&](const storage::Trace& trace) {
        storage::TraceSummary summary = storage::Summarize(trace);
        if (!filter_ || filter_->evaluator.Matches(trace, summary)) {
          batch.summaries.push_back(std::move(summary));
        }
        return true;
      }));
  MutexLock lock(mu_);
  batch.more = !order_.empty();
  woken_ = batch.more;
  return batch;
}

}  // namespace roentgen::query
