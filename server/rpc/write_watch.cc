#include "server/rpc/write_watch.h"

#include <algorithm>
#include <stop_token>

namespace roentgen::server {

WriteWatch::WriteWatch(absl::Duration timeout)
    : job_(
          [this, timeout](const std::stop_token&) {
            EndBegunBefore(std::chrono::steady_clock::now() -
                           absl::ToChronoNanoseconds(timeout));
            return std::max(timeout / 8, absl::Milliseconds(5));
          },
          timeout / 8) {}

void WriteWatch::EndBegunBefore(SteadyTime latest) {
  // Under the lock, so that no call ends meanwhile. It calls nobody back on
  // this thread.
  MutexLock lock(mu_);
  for (Write& write : writes_) {
    if (write.begun >= latest) break;
    if (write.call == nullptr) continue;
    write.call->TryCancel();
    write.call = nullptr;
    ++ended_;
  }
}

WriteWatch::Writes::iterator WriteWatch::Add(
    grpc::CallbackServerContext* call) {
  Writes fresh;
  fresh.push_back({.call = call, .begun = std::chrono::steady_clock::now()});
  MutexLock lock(mu_);
  writes_.splice(writes_.end(), fresh);
  return std::prev(writes_.end());
}

void WriteWatch::Remove(Writes::iterator write) {
  MutexLock lock(mu_);
  writes_.erase(write);
}

void WriteTimer::Begin() { write_ = watch_.Add(call_); }

void WriteTimer::End() {
  if (!write_) return;
  watch_.Remove(*write_);
  write_.reset();
}

}  // namespace roentgen::server
