// The threads on which reads run, so that a slow disk never stops gRPC's own
// threads.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_READ_POOL_H_
#define ROENTGEN_SERVER_RPC_READ_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace roentgen::server {

class ReadPool {
 public:
  using Job = std::function<void()>;

  // `threads` and `queue_max` (new calls that wait) are at least 1.
  ReadPool(size_t threads, size_t queue_max);
  ~ReadPool();  // Stops.
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  // The first step of a call. False, and `job` never runs, when `queue_max`
  // calls wait already or the pool has stopped.
  bool TryStart(Job job);

  // The next step of a call whose first step ran: always taken, so a stream
  // that was let in is never refused in its middle. One call has at most one
  // step waiting. After Stop the job runs on the calling thread.
  void Continue(Job job);

  // Runs what waits, then joins the threads. Idempotent.
  void Stop();

 private:
  void Run();

  const size_t queue_max_;
  Mutex mu_;
  CondVar wake_;
  bool stopped_ RTG_GUARDED_BY(mu_) = false;
  std::deque<Job> jobs_ RTG_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_READ_POOL_H_
