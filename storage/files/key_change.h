// Other master keys for a store that is open.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_FILES_KEY_CHANGE_H_
#define ROENTGEN_STORAGE_FILES_KEY_CHANGE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "storage/files/master_keys.h"

namespace roentgen::storage {

// Of the store at `path`, which is encrypted and which this process has open
// with `keys`, on the operating system's file system. New files are under the
// current key of `next` from then on. Errors: FailedPrecondition when a file
// needs a key that `next` does not have, or an id has another key; Unavailable.
// Then all stays as it was.
absl::Status ChangeMasterKeys(const std::string& path, MasterKeys& keys,
                              std::shared_ptr<const MasterKeySet> next);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_KEY_CHANGE_H_
