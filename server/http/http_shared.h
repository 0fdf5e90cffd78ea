// What all connections of an HTTP server share. Part of HttpServer.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_
#define ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "server/http/connection_table.h"
#include "server/http/http_server.h"

namespace roentgen::server {

// Threads that serve sockets and small requests come first.
inline constexpr int kBodiesNice = 5;

// What all connections of a server share.
struct HttpShared {
  HttpShared(HttpServerOptions o, const Clock& c)
      : options(std::move(o)),
        clock(c),
        budget(options.memory != nullptr ? options.memory
                                         : std::make_shared<MemoryBudget>(
                                               limits::kRequestBufferBytes)),
        answers(options.answers != nullptr ? options.answers : budget),
        connections(options.connections_max),
        bodies({.threads = static_cast<size_t>(std::max(1, options.io_threads)),
                .queue_max = options.connections_max,
                .nice = kBodiesNice}) {}

  // Of requests and answers.
  uint64_t RequestBytes() const {
    return budget->used() + (answers != budget ? answers->used() : 0);
  }

  const HttpServerOptions options;
  const Clock& clock;
  const std::shared_ptr<MemoryBudget> budget;   // Of requests.
  const std::shared_ptr<MemoryBudget> answers;  // May be the same.
  std::atomic<bool> draining{false};
  ConnectionTable connections;
  std::atomic<size_t> turned_away{0};  // Connections without a seat.
  // Handle what would hold up an I/O thread. Last: its jobs use the others.
  WorkerPool bodies;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_SHARED_H_
