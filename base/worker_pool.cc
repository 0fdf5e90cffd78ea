#include "base/worker_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace roentgen {

WorkerPool::WorkerPool(const Options& options) : queue_max_(options.queue_max) {
  const size_t n = std::max<size_t>(1, options.threads);
  threads_.reserve(n);
  for (size_t i = 0; i < n; ++i) threads_.emplace_back([this] { Run(); });
}

bool WorkerPool::TryStart(Job job, AtStop at_stop) {
  {
    MutexLock lock(mu_);
    if (stopped_ || first_steps_ >= queue_max_) return false;
    queue_.push_back({std::move(job), at_stop, true});
    ++first_steps_;
  }
  job_or_stop_.NotifyOne();
  return true;
}

void WorkerPool::Continue(Job job) {
  Job here;
  {
    MutexLock lock(mu_);
    if (stopped_) {
      here = std::move(job);
    } else {
      queue_.push_back({std::move(job), AtStop::kRun, false});
    }
  }
  if (here) {
    here();
  } else {
    job_or_stop_.NotifyOne();
  }
}

void WorkerPool::DropWaiting() {
  // Their captures end outside the lock.
  std::vector<Waiting> dropped;
  MutexLock lock(mu_);
  const auto first_dropped = std::stable_partition(
      queue_.begin(), queue_.end(),
      [](const Waiting& w) { return w.at_stop == AtStop::kRun; });
  std::move(first_dropped, queue_.end(), std::back_inserter(dropped));
  queue_.erase(first_dropped, queue_.end());
  for (const Waiting& w : dropped) first_steps_ -= w.first_step ? 1 : 0;
}

void WorkerPool::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
  }
  job_or_stop_.NotifyAll();
  // Whoever waits for those must not wait for the threads.
  DropWaiting();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

size_t WorkerPool::queued() const {
  MutexLock lock(mu_);
  return queue_.size();
}

void WorkerPool::Run() {
  for (;;) {
    Job job;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !stopped_) job_or_stop_.Wait(mu_);
      if (queue_.empty()) return;
      job = std::move(queue_.front().job);
      first_steps_ -= queue_.front().first_step ? 1 : 0;
      queue_.pop_front();
    }
    job();
  }
}

WorkerPool::Job PoolShare::Counted(WorkerPool::Job job) {
  {
    MutexLock lock(mu_);
    ++jobs_;
  }
  return [this, job = std::move(job)]() mutable {
    job();
    // Its captures end before the owner may.
    job = nullptr;
    Ended();
  };
}

void PoolShare::Ended() {
  MutexLock lock(mu_);
  if (--jobs_ == 0) none_left_.NotifyAll();
}

bool PoolShare::TryStart(WorkerPool::Job job) {
  if (pool_.TryStart(Counted(std::move(job)))) return true;
  Ended();
  return false;
}

void PoolShare::Continue(WorkerPool::Job job) {
  pool_.Continue(Counted(std::move(job)));
}

void PoolShare::Wait() {
  MutexLock lock(mu_);
  while (jobs_ != 0) none_left_.Wait(mu_);
}

}  // namespace roentgen
