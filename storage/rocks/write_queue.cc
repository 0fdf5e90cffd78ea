#include "storage/rocks/write_queue.h"

#include <utility>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

// How long datagrams may gather before their sync: nobody waits for them.
constexpr std::chrono::milliseconds kGatherTime(10);

}  // namespace

WriteQueue::PushResult WriteQueue::Push(PendingWrite& write) {
  MutexLock lock(mu_);
  if (closed_) return PushResult::kClosed;
  // One write may exceed the bound when nothing else is queued.
  if (bytes_ != 0 && bytes_ + write.bytes > bytes_max_) {
    return PushResult::kFull;
  }
  bytes_ += write.bytes;
  if (write.durability == Durability::kSynced) ++urgent_;
  writes_.push_back(std::move(write));
  changed_.NotifyOne();
  return PushResult::kQueued;
}

std::vector<PendingWrite> WriteQueue::PopGroup() {
  MutexLock lock(mu_);
  while (writes_.empty() && !closed_) changed_.Wait(mu_);
  const auto gathered_at = std::chrono::steady_clock::now() + kGatherTime;
  while (urgent_ == 0 && !closed_ && bytes_ < limits::kCommitBytesMax) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= gathered_at) break;
    changed_.WaitFor(mu_, gathered_at - now);
  }
  std::vector<PendingWrite> group;
  size_t bytes = 0;
  while (!writes_.empty() && (group.empty() || bytes + writes_.front().bytes <=
                                                   limits::kCommitBytesMax)) {
    bytes += writes_.front().bytes;
    if (writes_.front().durability == Durability::kSynced) --urgent_;
    group.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  bytes_ -= bytes;
  return group;
}

void WriteQueue::Close() {
  MutexLock lock(mu_);
  closed_ = true;
  changed_.NotifyAll();
}

size_t WriteQueue::bytes() const {
  MutexLock lock(mu_);
  return bytes_;
}

}  // namespace roentgen::storage
