// Where folders of backups and of stores may be.
//
// Threads: pure, but for what is on disk.
#ifndef ROENTGEN_STORAGE_ROCKS_FOLDER_PLACE_H_
#define ROENTGEN_STORAGE_ROCKS_FOLDER_PLACE_H_

#include <string>

#include "absl/status/status.h"

namespace roentgen::storage {

// A store's folder is for its server alone. `path` need not be there. Errors:
// FailedPrecondition when it is in the folder of a store; Unavailable when that
// cannot be told.
absl::Status CheckIsInNoStore(const std::string& path);

// FailedPrecondition when `path` is `folder`, or in it.
absl::Status CheckIsNotIn(const std::string& path, const std::string& folder);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_FOLDER_PLACE_H_
