#include "server/rpc/read_pool.h"

#include <utility>

namespace roentgen::server {

ReadPool::ReadPool(size_t threads, size_t queue_max) : queue_max_(queue_max) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

ReadPool::~ReadPool() { Stop(); }

bool ReadPool::TryStart(Job job) {
  {
    MutexLock lock(mu_);
    if (stopped_ || jobs_.size() >= queue_max_) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.NotifyOne();
  return true;
}

void ReadPool::Continue(Job job) {
  bool queued = false;
  {
    MutexLock lock(mu_);
    if (!stopped_) {
      jobs_.push_back(std::move(job));
      queued = true;
    }
  }
  if (queued) {
    wake_.NotifyOne();
  } else {
    job();
  }
}

void ReadPool::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ReadPool::Run() {
  for (;;) {
    Job job;
    {
      MutexLock lock(mu_);
      while (jobs_.empty() && !stopped_) wake_.Wait(mu_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace roentgen::server
