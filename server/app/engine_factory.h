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

namespace roentgen::server {

// `clock` and `metrics` outlive the engine.
absl::StatusOr<std::unique_ptr<storage::TraceEngine>> OpenEngine(
    const Config& config, const Clock& clock, Metrics& metrics);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ENGINE_FACTORY_H_
