// A few threads and a bounded queue, for requests that block on reads.
//
//   WorkerPool pool({.threads = 2, .queue_max = 256});
//   if (!pool.TrySubmit([...] { ... })) responder.SendError(Busy());
//
// Threads: thread-safe; Stop and the destructor belong to one thread.
#ifndef ROENTGEN_SERVER_HTTP_WORKER_POOL_H_
#define ROENTGEN_SERVER_HTTP_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace roentgen::server {

class WorkerPool {
 public:
  struct Options {
    int threads = 2;
    size_t queue_max = 256;
  };

  explicit WorkerPool(Options options);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool stops; `work` is then dropped.
  bool TrySubmit(std::function<void()> work);

  // Finishes what runs, drops what waits, joins. Idempotent.
  void Stop();

  size_t queued() const;

 private:
  void Run();

  const Options options_;
  mutable Mutex mu_;
  CondVar work_or_stop_;
  std::deque<std::function<void()>> queue_ RTG_GUARDED_BY(mu_);
  bool stopping_ RTG_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_WORKER_POOL_H_
