#include "server/app/retention_job.h"

#include <chrono>

#include "base/log.h"

namespace roentgen::server {

RetentionJob::RetentionJob(storage::TraceEngine& engine,
                           absl::Duration interval)
    : engine_(engine), interval_(interval), thread_([this] { Run(); }) {}

void RetentionJob::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  stopped_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

bool RetentionJob::Wait() {
  const auto until =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(interval_);
  MutexLock lock(mu_);
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) return true;
    stopped_.WaitFor(mu_, until - now);
  }
  return false;
}

void RetentionJob::Run() {
  while (Wait()) {
    const absl::Status status = engine_.Retain();
    if (!status.ok()) {
      LogError("retention failed", {{"status", status.ToString()}});
    }
  }
}

}  // namespace roentgen::server
