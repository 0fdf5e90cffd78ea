// A few threads and a bounded queue, for work that blocks: reads, which must
// stop neither the threads that serve sockets nor each other for long.
//
//   WorkerPool pool({.threads = 4, .queue_max = 256});
//   if (!pool.TryStart([...] { ... })) Refuse();
//
// Threads: thread-safe; Stop and the destructor belong to one thread.
#ifndef ROENTGEN_BASE_WORKER_POOL_H_
#define ROENTGEN_BASE_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace roentgen {

class WorkerPool {
 public:
  using Job = std::function<void()>;

  struct Options {
    size_t threads = 4;  // At least one is started.
    // Calls that may wait for their first step.
    size_t queue_max = 256;
  };

  // What becomes of a job that still waits when the pool stops.
  enum class AtStop { kRun, kDrop };

  explicit WorkerPool(const Options& options);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The first step of a call. False, and `job` never runs, when `queue_max`
  // calls wait for theirs already or the pool has stopped.
  bool TryStart(Job job, AtStop at_stop = AtStop::kRun);

  // The next step of a call whose first step ran: always taken, so that a
  // stream that was let in is never refused in its middle. One call has at
  // most one step waiting. After Stop the job runs on the calling thread.
  void Continue(Job job);

  // Those that may be dropped and still wait never run: their captures end
  // before it returns.
  void DropWaiting();

  // Runs or drops what waits, then joins the threads. Idempotent.
  void Stop();

  // Jobs that wait.
  size_t queued() const;

 private:
  struct Waiting {
    Job job;
    AtStop at_stop = AtStop::kRun;
    bool first_step = false;
  };

  void Run();

  const size_t queue_max_;
  mutable Mutex mu_;
  CondVar job_or_stop_;
  std::deque<Waiting> queue_ RTG_GUARDED_BY(mu_);
  size_t first_steps_ RTG_GUARDED_BY(mu_) = 0;  // Of those in the queue.
  bool stopped_ RTG_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

// The jobs of one owner in a pool that others use, too: the owner does not end
// before they have run.
//
// Threads: as WorkerPool; a job of it may continue, but not wait.
class PoolShare {
 public:
  // `pool` outlives this object.
  explicit PoolShare(WorkerPool& pool) : pool_(pool) {}
  ~PoolShare() { Wait(); }
  PoolShare(const PoolShare&) = delete;
  PoolShare& operator=(const PoolShare&) = delete;

  // As those of the pool.
  bool TryStart(WorkerPool::Job job);
  void Continue(WorkerPool::Job job);

  // Until no job of it waits or runs.
  void Wait();

 private:
  // What is put into the pool.
  WorkerPool::Job Counted(WorkerPool::Job job);
  void Ended();

  WorkerPool& pool_;
  Mutex mu_;
  CondVar none_left_;
  size_t jobs_ RTG_GUARDED_BY(mu_) = 0;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_WORKER_POOL_H_
