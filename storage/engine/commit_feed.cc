#include "storage/engine/commit_feed.h"

#include <cstdint>
#include <map>
#include <utility>

#include "base/mutex.h"

namespace roentgen::storage {

struct CommitFeed::Watchers {
  mutable Mutex mu;
  std::map<uint64_t, TraceEngine::CommitWatcher> by_number RTG_GUARDED_BY(mu);
  uint64_t next RTG_GUARDED_BY(mu) = 0;
};

class CommitFeed::Handle final : public CommitWatch {
 public:
  Handle(std::shared_ptr<Watchers> watchers, uint64_t number)
      : watchers_(std::move(watchers)), number_(number) {}
  ~Handle() override {
    MutexLock lock(watchers_->mu);
    watchers_->by_number.erase(number_);
  }

 private:
  const std::shared_ptr<Watchers> watchers_;
  const uint64_t number_;
};

CommitFeed::CommitFeed() : watchers_(std::make_shared<Watchers>()) {}
CommitFeed::~CommitFeed() = default;

std::unique_ptr<CommitWatch> CommitFeed::Watch(
    TraceEngine::CommitWatcher watcher) {
  MutexLock lock(watchers_->mu);
  const uint64_t number = watchers_->next++;
  watchers_->by_number[number] = std::move(watcher);
  return std::make_unique<Handle>(watchers_, number);
}

bool CommitFeed::watched() const {
  MutexLock lock(watchers_->mu);
  return !watchers_->by_number.empty();
}

void CommitFeed::Tell(std::span<const TraceId> changed) const {
  MutexLock lock(watchers_->mu);
  for (const auto& [number, watcher] : watchers_->by_number) watcher(changed);
}

}  // namespace roentgen::storage
