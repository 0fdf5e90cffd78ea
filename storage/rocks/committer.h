// Makes writes durable, visible and acknowledged, in that order.
//
// Threads: Submit and AnswerExpired are thread-safe; Run is the committer
// thread's.
#ifndef ROENTGEN_STORAGE_ROCKS_COMMITTER_H_
#define ROENTGEN_STORAGE_ROCKS_COMMITTER_H_

#include <span>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

class Committer {
 public:
  // `state` outlives this object.
  explicit Committer(EngineState& state) : state_(state) {}

  // Packs the records on the calling thread and queues them, but for those of
  // traces that are known to be full. On an error nothing was queued and `done`
  // was not called.
  absl::Status Submit(std::span<IncomingRecord> records,
                      const WriteOptions& options,
                      TraceEngine::WriteDone& done);

  // Answers queued writes whose deadline has passed.
  void AnswerExpired();

  // Commits until the queue is closed and drained.
  void Run();

 private:
  struct Group;
  using TraceSet = absl::flat_hash_set<TraceId>;

  void CommitGroup(std::vector<PendingWrite> writes);
  absl::Status Admit(PendingWrite& write, Group& group)
      RTG_REQUIRES(state_.commit_mu);
  static absl::Status LeaveOut(const TraceSet& full, PendingWrite& write);
  // Adds traces without room for what the write brings to `full`.
  absl::Status Resolve(const PendingWrite& write, Group& group, TraceSet& full)
      RTG_REQUIRES(state_.commit_mu);
  absl::Status OpenForWrite(const PendingWrite& write, const TraceId& id,
                            Group& group) RTG_REQUIRES(state_.commit_mu);
  static void DropUnused(Group& group);
  absl::Status WriteLog(Group& group) RTG_REQUIRES(state_.commit_mu);
  void Apply(Group& group) RTG_REQUIRES(state_.commit_mu);
  void TellWatchers(const Group& group);

  EngineState& state_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_COMMITTER_H_
