#include "server/app/engine_factory.h"

#include "storage/memory/memory_engine.h"

namespace roentgen::server {

absl::StatusOr<std::unique_ptr<storage::TraceEngine>> OpenEngine(
    const Config& config, const Clock& clock, Metrics&) {
  if (config.store == "memory") {
    return std::make_unique<storage::MemoryEngine>(clock, config.retention);
  }
  return absl::UnimplementedError("store '" + config.store +
                                  "' is not built yet");
}

}  // namespace roentgen::server
