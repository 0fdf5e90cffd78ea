// A few threads and a bounded queue, for work that blocks: reads, which must
// stop neither the threads that serve sockets nor each other for long.
//
//   WorkerPool pool({.threads = 4, .queue_max = 256});
//   if (!pool.TryStart([...] { ... }, {.caller = caller})) Refuse();
//
// Callers take turns: each has a line of its own, and the next job is that of
// the line which has waited for its turn the longest. One caller never has all
// the threads, where there are three or more, nor more than a share of the
// queue (limits::kCallerSharePercent).
//
// Threads: thread-safe; Stop and the destructor belong to one thread.
#ifndef ROENTGEN_BASE_WORKER_POOL_H_
#define ROENTGEN_BASE_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "base/mutex.h"

namespace roentgen {

class WorkerPool {
 public:
  using Job = std::function<void()>;

  struct Options {
    size_t threads = 4;  // At least one is started.
    // Calls that may wait for their first step.
    size_t queue_max = 256;
    // What is added to the threads' nice value: work that may wait for other
    // threads of the process, where there are not cores for all.
    int nice = 0;
  };

  // What becomes of a job that still waits when the pool stops.
  enum class AtStop { kRun, kDrop };

  struct Terms {
    // Whose line it waits in; kNoCaller's has no limit of its own.
    CallerId caller = kNoCaller;
    AtStop at_stop = AtStop::kRun;
  };

  explicit WorkerPool(const Options& options);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The first step of a call. False, and `job` never runs, when `queue_max`
  // calls wait for theirs already, too many of this caller's do, or the pool
  // has stopped.
  bool TryStart(Job job, Terms terms);
  bool TryStart(Job job) { return TryStart(std::move(job), Terms()); }

  // The next step of a call whose first step ran: always taken, so that a
  // stream that was let in is never refused in its middle. One call has at
  // most one step waiting. After Stop the job runs on the calling thread.
  void Continue(Job job, CallerId caller = kNoCaller);

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
  // What one caller waits for, and what runs for it.
  struct Line {
    std::deque<Waiting> waiting;
    size_t first_steps = 0;  // Of those that wait.
    size_t running = 0;
  };
  using Lines = std::unordered_map<CallerId, Line>;

  void Run(int nice);
  void Add(CallerId caller, Waiting waiting) RTG_REQUIRES(mu_);
  // It leaves the line.
  void Uncount(const Waiting& waiting, Line& line) RTG_REQUIRES(mu_);
  // The caller whose turn it is; the end of `turns_`: nobody may run now.
  std::list<CallerId>::iterator NextTurn() RTG_REQUIRES(mu_);
  bool MayRun(CallerId caller, const Line& line) const RTG_REQUIRES(mu_);
  // Forgets a line with nothing in it.
  void EndIfEmpty(CallerId caller) RTG_REQUIRES(mu_);

  const size_t threads_max_;
  const size_t queue_max_;
  const size_t share_max_;
  mutable Mutex mu_;
  CondVar job_or_stop_;
  Lines lines_ RTG_GUARDED_BY(mu_);
  // Callers of whom something waits; whose turn comes first stands first.
  std::list<CallerId> turns_ RTG_GUARDED_BY(mu_);
  size_t queued_ RTG_GUARDED_BY(mu_) = 0;
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
  bool TryStart(WorkerPool::Job job, CallerId caller = kNoCaller);
  void Continue(WorkerPool::Job job, CallerId caller = kNoCaller);

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
