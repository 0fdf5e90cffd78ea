// What all connections of an HTTP server share. Part of HttpServer.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_
#define ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "base/worker_pool.h"
#include "server/http/http_server.h"

namespace roentgen::server {

using SteadyTime = std::chrono::steady_clock::time_point;

// How many connections are open.
//
// Threads: thread-safe.
class OpenConnections {
 public:
  void Add() {
    MutexLock lock(mu_);
    ++count_;
  }
  void Remove() {
    MutexLock lock(mu_);
    --count_;
    if (count_ == 0) none_.NotifyAll();
  }
  uint64_t count() const {
    MutexLock lock(mu_);
    return count_;
  }
  // Waits for the last one to close, until `deadline`; whether it did.
  bool AwaitNone(SteadyTime deadline) {
    MutexLock lock(mu_);
    while (count_ > 0) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds::zero()) return false;
      none_.WaitFor(mu_, left);
    }
    return true;
  }

 private:
  mutable Mutex mu_;
  CondVar none_;
  uint64_t count_ RTG_GUARDED_BY(mu_) = 0;
};

// What all connections of a server share.
struct HttpShared {
  HttpShared(HttpServerOptions o, const Clock& c)
      : options(std::move(o)),
        clock(c),
        budget(options.memory != nullptr ? options.memory
                                         : std::make_shared<MemoryBudget>(
                                               limits::kRequestBufferBytes)),
        answers(options.answers != nullptr ? options.answers : budget),
        bodies({.threads = static_cast<size_t>(std::max(1, options.io_threads)),
                .queue_max = options.connections_max}) {}

  // Of requests and answers.
  uint64_t RequestBytes() const {
    return budget->used() + (answers != budget ? answers->used() : 0);
  }

  const HttpServerOptions options;
  const Clock& clock;
  const std::shared_ptr<MemoryBudget> budget;   // Of requests.
  const std::shared_ptr<MemoryBudget> answers;  // May be the same.
  // Handle what would hold up an I/O thread.
  WorkerPool bodies;
  std::atomic<bool> draining{false};
  OpenConnections connections;
  std::atomic<uint64_t> connections_refused{0};
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_
