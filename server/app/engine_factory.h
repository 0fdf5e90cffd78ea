// Opens the store that a configuration asks for.
//
// Threads: pure, but for what opening does on disk.
#ifndef ROENTGEN_SERVER_APP_ENGINE_FACTORY_H_
#define ROENTGEN_SERVER_APP_ENGINE_FACTORY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "server/config/config.h"
#include "storage/engine/trace_engine.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

struct OpenedStore {
  std::unique_ptr<storage::TraceEngine> engine;
  // Where the engine does not keep settings itself; else null.
  std::unique_ptr<storage::SettingsStore> own_settings;
  // With the life of the two above.
  storage::SettingsStore* settings = nullptr;
};

// `clock` and `metrics` outlive the store.
absl::StatusOr<OpenedStore> OpenStore(const Config& config, const Clock& clock,
                                      Metrics& metrics);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ENGINE_FACTORY_H_
