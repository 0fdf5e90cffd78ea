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
#include "server/space/space.h"
#include "storage/files/master_keys.h"

namespace roentgen::server {

// `clock` and `metrics` outlive the store. `keys` null: it is not encrypted.
absl::StatusOr<SpaceStore> OpenStore(const Config& config, const Clock& clock,
                                     Metrics& metrics,
                                     std::shared_ptr<storage::MasterKeys> keys);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ENGINE_FACTORY_H_
