#include "storage/rocks/write_queue.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

// How long datagrams may gather before their sync: nobody waits for them.
constexpr std::chrono::milliseconds kGatherTime(10);

using Steady = std::chrono::steady_clock;

}  // namespace

// One write may exceed a bound when nothing else counts for it.
bool WriteQueue::HasRoom(const PendingWrite& write) const {
  if (bytes_ != 0 && bytes_ + write.bytes > bytes_max_) return false;
  if (write.caller == kNoCaller) return true;
  const auto own = bytes_of_.find(write.caller);
  return own == bytes_of_.end() || own->second + write.bytes <= share_max_;
}

void WriteQueue::Uncount(const PendingWrite& write) {
  bytes_ -= write.bytes;
  if (write.durability == Durability::kSynced) --urgent_;
  const auto own = bytes_of_.find(write.caller);
  if (own == bytes_of_.end()) return;
  own->second -= write.bytes;
  if (own->second == 0) bytes_of_.erase(own);
}

WriteQueue::PushResult WriteQueue::Push(PendingWrite& write) {
  MutexLock lock(mu_);
  if (closed_) return PushResult::kClosed;
  if (!HasRoom(write)) return PushResult::kFull;
  bytes_ += write.bytes;
  if (write.caller != kNoCaller) bytes_of_[write.caller] += write.bytes;
  if (write.durability == Durability::kSynced) ++urgent_;
  Line& line = lines_[write.caller];
  if (line.empty()) turns_.push_back(write.caller);
  line.push_back(std::move(write));
  if (urgent_ >= wanted_ || bytes_ >= limits::kCommitBytesMax) {
    changed_.NotifyOne();
  }
  return PushResult::kQueued;
}

std::vector<PendingWrite> WriteQueue::PopGroup() {
  MutexLock lock(mu_);
  // While it gathers, the only ones may expire.
  do {
    while (turns_.empty() && !closed_) changed_.Wait(mu_);
    if (urgent_ == 0) {
      Gather(1, kGatherTime);
    } else if (last_urgent_ > 1) {
      Gather(meanwhile_ + last_urgent_, rejoin_);
    }
  } while (turns_.empty() && !closed_);
  std::vector<PendingWrite> group;
  size_t bytes = 0;
  size_t records = 0;
  last_urgent_ = 0;
  while (!turns_.empty()) {
    const CallerId caller = turns_.front();
    Line& line = lines_[caller];
    PendingWrite& write = line.front();
    if (!group.empty() &&
        (bytes + write.bytes > limits::kCommitBytesMax ||
         records + write.records.size() > limits::kCommitRecordsMax)) {
      break;
    }
    bytes += write.bytes;
    records += write.records.size();
    if (write.durability == Durability::kSynced) ++last_urgent_;
    Uncount(write);
    group.push_back(std::move(write));
    line.pop_front();
    turns_.pop_front();
    if (line.empty()) {
      lines_.erase(caller);
    } else {
      turns_.push_back(caller);
    }
  }
  return group;
}

std::vector<PendingWrite> WriteQueue::TakeExpired(absl::Time now) {
  std::vector<PendingWrite> expired;
  MutexLock lock(mu_);
  for (auto& [caller, line] : lines_) {
    const auto kept = std::stable_partition(
        line.begin(), line.end(),
        [&](const PendingWrite& write) { return write.deadline >= now; });
    for (auto write = kept; write != line.end(); ++write) {
      Uncount(*write);
      expired.push_back(std::move(*write));
    }
    line.erase(kept, line.end());
  }
  std::deque<CallerId> turns;
  for (CallerId caller : turns_) {
    if (lines_[caller].empty()) {
      lines_.erase(caller);
    } else {
      turns.push_back(caller);
    }
  }
  turns_ = std::move(turns);
  return expired;
}

// Until there are `wanted` urgent writes, or enough bytes, or the time has
// passed.
void WriteQueue::Gather(size_t wanted, std::chrono::nanoseconds time) {
  wanted_ = wanted;
  const auto until = Steady::now() + time;
  while (!closed_ && bytes_ < limits::kCommitBytesMax && urgent_ < wanted) {
    const auto now = Steady::now();
    if (now >= until) break;
    changed_.WaitFor(mu_, until - now);
  }
  wanted_ = 0;
}

void WriteQueue::BeforeAnswers(std::chrono::nanoseconds sync_time) {
  MutexLock lock(mu_);
  meanwhile_ = urgent_;
  rejoin_ = std::min(rejoin_max_, sync_time / 2);
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
