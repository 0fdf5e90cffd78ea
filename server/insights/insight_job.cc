#include "server/insights/insight_job.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace roentgen::server {

InsightJob::InsightJob(Step step)
    : step_(std::move(step)), thread_([this] { Run(); }) {}

void InsightJob::Wake() {
  {
    MutexLock lock(mu_);
    woken_ = true;
  }
  changed_.NotifyAll();
}

void InsightJob::Stop() {
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

bool InsightJob::Wait(absl::Duration delay) {
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
  return !stopping_;
}

void InsightJob::Run() {
  const CallControl control(absl::InfiniteFuture(),
                            [this] { return stopping_.load(); });
  while (Wait(stopping_ ? absl::ZeroDuration() : step_(control))) {
  }
}

}  // namespace roentgen::server
