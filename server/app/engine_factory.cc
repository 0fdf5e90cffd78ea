#include "server/app/engine_factory.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "storage/rocks/rocks_engine.h"

namespace roentgen::server {
namespace {

storage::AssemblyRules RulesOf(const Config& config) {
  return {.lone_subsegments = !config.strict_aws_limits};
}

absl::StatusOr<SpaceStore> OpenRocks(
    const Config& config, const Clock& clock, Metrics& metrics,
    std::shared_ptr<storage::MasterKeys> keys) {
  Metrics::Histogram& syncs = metrics.AddHistogram(
      {"roentgen_store_sync_seconds", "Synced writes of the log.", {}},
      DurationBounds());
  storage::RocksEngineOptions options;
  options.path = config.data_dir;
  options.keys = std::move(keys);
  options.retention = config.retention;
  options.disk_budget_bytes = config.disk_budget.bytes;
  options.disk_reserve_bytes = config.disk_reserve.bytes;
  options.memtable_bytes = config.memory_memtables.bytes;
  options.cache_bytes = config.memory_block_cache.bytes;
  options.open_table_bytes = config.memory_open_table.bytes;
  options.queue_bytes = config.memory_ingest_queue.bytes;
  options.await_groups = true;
  options.rules = RulesOf(config);
  options.on_sync = [&syncs](absl::Duration took) {
    syncs.Observe(absl::ToDoubleSeconds(took));
  };
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<storage::RocksEngine> engine,
                       storage::RocksEngine::Open(std::move(options), clock));
  storage::SettingsStore& settings = engine->settings();
  return SpaceStore{.engine = std::move(engine),
                    .own_settings = nullptr,
                    .settings = &settings};
}

SpaceStore OpenMemory(const Config& config, const Clock& clock) {
  SpaceStore store;
  store.engine = std::make_unique<storage::MemoryEngine>(
      clock, config.retention, RulesOf(config));
  store.own_settings = std::make_unique<storage::MemorySettings>();
  store.settings = store.own_settings.get();
  return store;
}

}  // namespace

absl::StatusOr<SpaceStore> OpenStore(
    const Config& config, const Clock& clock, Metrics& metrics,
    std::shared_ptr<storage::MasterKeys> keys) {
  if (config.store == "memory") return OpenMemory(config, clock);
  return OpenRocks(config, clock, metrics, std::move(keys));
}

}  // namespace roentgen::server
