#include "base/periodic_job.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace roentgen {

PeriodicJob::PeriodicJob(Step step, absl::Duration first)
    : step_(std::move(step)), thread_([this, first] { Run(first); }) {}

void PeriodicJob::Wake() {
  {
    MutexLock lock(mu_);
    woken_ = true;
  }
  changed_.NotifyAll();
}

void PeriodicJob::Stop() {
  stop_.request_stop();
  Wake();
  if (thread_.joinable()) thread_.join();
}

bool PeriodicJob::Wait(absl::Duration delay) {
  // Bounded, so that the clock's arithmetic is.
  const auto until =
      std::chrono::steady_clock::now() +
      absl::ToChronoNanoseconds(std::min(delay, absl::Hours(24)));
  MutexLock lock(mu_);
  while (!woken_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    changed_.WaitFor(mu_, until - now);
  }
  woken_ = false;
  return !stop_.stop_requested();
}

void PeriodicJob::Run(absl::Duration first) {
  const std::stop_token stopped = stop_.get_token();
  absl::Duration delay = first;
  while (Wait(delay)) delay = step_(stopped);
}

}  // namespace roentgen
