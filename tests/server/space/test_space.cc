#include "tests/server/space/test_space.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/server/rpc/gated_engine.h"

namespace roentgen::server {
namespace {

// The engine behind it goes on.
class BorrowedEngine : public GatedEngine {
 public:
  using GatedEngine::GatedEngine;
  absl::Status Close() override { return absl::OkStatus(); }
};

}  // namespace

TestSpace::TestSpace(const Clock& clock, SpaceOptions options)
    : TestSpace(
          std::make_unique<storage::MemoryEngine>(clock, absl::Hours(720)),
          clock, std::move(options)) {}

TestSpace::TestSpace(storage::TraceEngine& engine, const Clock& clock,
                     SpaceOptions options)
    : TestSpace(std::make_unique<BorrowedEngine>(engine), clock,
                std::move(options)) {}

TestSpace::TestSpace(std::unique_ptr<storage::TraceEngine> engine,
                     const Clock& clock, SpaceOptions options) {
  SpaceStore store;
  store.engine = std::move(engine);
  store.own_settings = std::make_unique<storage::MemorySettings>();
  store.settings = store.own_settings.get();
  options.clock = &clock;
  if (!options.random) options.random = [] { return uint64_t{0}; };
  auto opened = Space::Open(std::move(store), std::move(options));
  EXPECT_TRUE(opened.ok()) << opened.status();
  space_ = *std::move(opened);
  workers_.emplace(WorkerPool::Options());
}

}  // namespace roentgen::server
