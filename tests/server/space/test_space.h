// A space over the in-memory engine, and what APIs need to serve it.
//
//   TestSpace space_{clock_};
//   AddZipkinRoutes(router, space_.Services());
//   space_->span_exports().Counts(...);
//
// Threads: as Space.
#ifndef ROENTGEN_TESTS_SERVER_SPACE_TEST_SPACE_H_
#define ROENTGEN_TESTS_SERVER_SPACE_TEST_SPACE_H_

#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "server/space/api_services.h"
#include "server/space/space.h"
#include "server/space/space_set.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

class TestSpace {
 public:
  // An engine of its own.
  explicit TestSpace(const Clock& clock = SystemClock(),
                     SpaceOptions options = {});
  // In front of `engine`, which outlives this object and stays open, but
  // takes no writes after it: it has the groups of this space.
  explicit TestSpace(storage::TraceEngine& engine,
                     const Clock& clock = SystemClock(),
                     SpaceOptions options = {});

  Space& operator*() const { return *space_; }
  Space* operator->() const { return space_.get(); }
  ListenerSpaces spaces() const { return ListenerSpaces(*space_); }
  WorkerPool& workers() { return *workers_; }
  ApiServices Services() {
    return {.spaces = spaces(),
            .workers = *workers_,
            .calls = space_->call_limits()};
  }

  // Other workers; nothing may use the ones that there are.
  void SetWorkers(const WorkerPool::Options& options) {
    workers_.emplace(options);
  }

 private:
  TestSpace(std::unique_ptr<storage::TraceEngine> engine, const Clock& clock,
            SpaceOptions options);

  std::unique_ptr<Space> space_;
  std::optional<WorkerPool> workers_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_SPACE_TEST_SPACE_H_
