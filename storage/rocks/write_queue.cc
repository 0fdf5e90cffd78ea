#include "storage/rocks/write_queue.h"

#include <utility>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

// How long datagrams may gather before their sync: nobody waits for them.
constexpr std::chrono::milliseconds kGatherTime(10);

using Steady = std::chrono::steady_clock;

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
  if (writes_.size() >= wanted_ || bytes_ >= limits::kCommitBytesMax) {
    changed_.NotifyOne();
  }
  return PushResult::kQueued;
}

std::vector<PendingWrite> WriteQueue::PopGroup() {
  MutexLock lock(mu_);
  const size_t meanwhile = writes_.size();
  while (writes_.empty() && !closed_) changed_.Wait(mu_);
  if (urgent_ == 0) {
    Gather(0, kGatherTime);
  } else if (last_group_ > 1) {
    Gather(meanwhile + last_group_, rejoin_time_);
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
  last_group_ = group.size();
  return group;
}

// Until there are `wanted` writes (0: an urgent one), or enough, or the time
// has passed.
void WriteQueue::Gather(size_t wanted, std::chrono::nanoseconds time) {
  wanted_ = wanted;
  const auto until = Steady::now() + time;
  while (!closed_ && bytes_ < limits::kCommitBytesMax &&
         (wanted == 0 ? urgent_ == 0 : writes_.size() < wanted)) {
    const auto now = Steady::now();
    if (now >= until) break;
    changed_.WaitFor(mu_, until - now);
  }
  wanted_ = 0;
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
