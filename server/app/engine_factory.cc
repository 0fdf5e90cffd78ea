#include "server/app/engine_factory.h"

#include "base/status_macros.h"
#include "storage/memory/memory_engine.h"
#include "storage/rocks/rocks_engine.h"

namespace roentgen::server {
namespace {

absl::StatusOr<std::unique_ptr<storage::TraceEngine>> OpenRocks(
    const Config& config, const Clock& clock, Metrics& metrics) {
  Metrics::Histogram& syncs = metrics.AddHistogram(
      {"roentgen_store_sync_seconds", "Synced writes of the log.", {}},
      DurationBounds());
  storage::RocksEngineOptions options;
  options.path = config.data_dir;
  options.retention = config.retention;
  options.disk_budget_bytes = config.disk_budget.bytes;
  options.memtable_bytes = config.memory_memtables.bytes;
  options.cache_bytes = config.memory_block_cache.bytes;
  options.open_table_bytes = config.memory_open_table.bytes;
  options.queue_bytes = config.memory_ingest_queue.bytes;
  options.on_sync = [&syncs](absl::Duration took) {
    syncs.Observe(absl::ToDoubleSeconds(took));
  };
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<storage::RocksEngine> engine,
                       storage::RocksEngine::Open(std::move(options), clock));
  return engine;
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::TraceEngine>> OpenEngine(
    const Config& config, const Clock& clock, Metrics& metrics) {
  if (config.store == "memory") {
    return std::make_unique<storage::MemoryEngine>(clock, config.retention);
  }
  return OpenRocks(config, clock, metrics);
}

}  // namespace roentgen::server
