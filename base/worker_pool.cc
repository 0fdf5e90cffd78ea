#include "base/worker_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"

namespace roentgen {

WorkerPool::WorkerPool(const Options& options)
    : threads_max_(std::max<size_t>(1, options.threads)),
      queue_max_(options.queue_max),
      // One that may wait at all may wait alone.
      share_max_(std::max<size_t>(
          1, options.queue_max * limits::kCallerSharePercent / 100)) {
  threads_.reserve(threads_max_);
  for (size_t i = 0; i < threads_max_; ++i) {
    threads_.emplace_back([this, nice = options.nice] { Run(nice); });
  }
}

bool WorkerPool::TryStart(Job job, Terms terms) {
  {
    MutexLock lock(mu_);
    if (stopped_ || first_steps_ >= queue_max_) return false;
    if (terms.caller != kNoCaller) {
      const auto line = lines_.find(terms.caller);
      if (line != lines_.end() && line->second.first_steps >= share_max_) {
        return false;
      }
    }
    Add(terms.caller, {std::move(job), terms.at_stop, true});
  }
  job_or_stop_.NotifyOne();
  return true;
}

void WorkerPool::Continue(Job job, CallerId caller) {
  Job here;
  {
    MutexLock lock(mu_);
    if (stopped_) {
      here = std::move(job);
    } else {
      Add(caller, {std::move(job), AtStop::kRun, false});
    }
  }
  if (here) {
    here();
  } else {
    job_or_stop_.NotifyOne();
  }
}

void WorkerPool::Add(CallerId caller, Waiting waiting) {
  Line& line = lines_[caller];
  if (line.waiting.empty()) turns_.push_back(caller);
  const size_t first = waiting.first_step ? 1 : 0;
  line.first_steps += first;
  first_steps_ += first;
  ++queued_;
  line.waiting.push_back(std::move(waiting));
}

void WorkerPool::Uncount(const Waiting& waiting, Line& line) {
  const size_t first = waiting.first_step ? 1 : 0;
  line.first_steps -= first;
  first_steps_ -= first;
  --queued_;
}

void WorkerPool::DropWaiting() {
  // Their captures end outside the lock.
  std::vector<Waiting> dropped;
  MutexLock lock(mu_);
  for (auto at = turns_.begin(); at != turns_.end();) {
    const CallerId caller = *at;
    Line& line = lines_[caller];
    const auto first_dropped = std::stable_partition(
        line.waiting.begin(), line.waiting.end(),
        [](const Waiting& w) { return w.at_stop == AtStop::kRun; });
    for (auto it = first_dropped; it != line.waiting.end(); ++it) {
      Uncount(*it, line);
      dropped.push_back(std::move(*it));
    }
    line.waiting.erase(first_dropped, line.waiting.end());
    at = line.waiting.empty() ? turns_.erase(at) : std::next(at);
    EndIfEmpty(caller);
  }
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
  return queued_;
}

bool WorkerPool::MayRun(CallerId caller, const Line& line) const {
  // Of two threads one alone would be half of what a lone caller may have.
  return caller == kNoCaller || threads_max_ < 3 ||
         line.running < threads_max_ - 1;
}

std::list<CallerId>::iterator WorkerPool::NextTurn() {
  auto turn = turns_.begin();
  while (turn != turns_.end() && !MayRun(*turn, lines_[*turn])) ++turn;
  return turn;
}

void WorkerPool::EndIfEmpty(CallerId caller) {
  const auto line = lines_.find(caller);
  if (line->second.waiting.empty() && line->second.running == 0) {
    lines_.erase(line);
  }
}

void WorkerPool::Run(int nice) {
  // Of this thread alone, on Linux. Without it all still works.
  if (nice != 0) {
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + nice);
  }
  for (;;) {
    Job job;
    CallerId caller = kNoCaller;
    {
      MutexLock lock(mu_);
      auto turn = NextTurn();
      while (turn == turns_.end()) {
        // Whoever ends a job of a caller that may not run now takes its next.
        if (stopped_) return;
        job_or_stop_.Wait(mu_);
        turn = NextTurn();
      }
      caller = *turn;
      Line& line = lines_[caller];
      Uncount(line.waiting.front(), line);
      job = std::move(line.waiting.front().job);
      ++line.running;
      line.waiting.pop_front();
      turns_.erase(turn);
      if (!line.waiting.empty()) turns_.push_back(caller);
    }
    job();
    job = nullptr;  // Its captures end before the next one is waited for.
    MutexLock lock(mu_);
    --lines_[caller].running;
    EndIfEmpty(caller);
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

bool PoolShare::TryStart(WorkerPool::Job job, CallerId caller) {
  if (pool_.TryStart(Counted(std::move(job)), {.caller = caller})) return true;
  Ended();
  return false;
}

void PoolShare::Continue(WorkerPool::Job job, CallerId caller) {
  pool_.Continue(Counted(std::move(job)), caller);
}

void PoolShare::Wait() {
  MutexLock lock(mu_);
  while (jobs_ != 0) none_left_.Wait(mu_);
}

}  // namespace roentgen
