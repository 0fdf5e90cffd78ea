// Tells watchers of commits; engines hold one.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ENGINE_COMMIT_FEED_H_
#define ROENTGEN_STORAGE_ENGINE_COMMIT_FEED_H_

#include <memory>
#include <span>

#include "storage/engine/trace_engine.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class CommitFeed {
 public:
  CommitFeed();
  ~CommitFeed();

  // The handle may outlive the feed.
  std::unique_ptr<CommitWatch> Watch(TraceEngine::CommitWatcher watcher);

  // Whether anybody would be told.
  bool watched() const;
  void Tell(std::span<const TraceId> changed) const;

 private:
  class Handle;
  struct Watchers;

  const std::shared_ptr<Watchers> watchers_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_COMMIT_FEED_H_
