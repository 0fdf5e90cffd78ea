// Other keys for the files of a store, and encryption on and off.
//
//   RTG_ASSIGN_OR_RETURN(const RekeyReport report,
//                        RekeyStore({.path = folder, .keys = keys}));
//
// Threads: one per folder.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_REKEY_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_REKEY_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "storage/files/master_keys.h"

namespace rocksdb {
class FileSystem;
}

namespace roentgen::storage {

enum class RekeyTo {
  // Every file's own key is wrapped again, under the current master key; the
  // bytes stay. A server may have the store open.
  kCurrentKey,
  // Every file is written again. Nobody has the store open meanwhile. Who ends
  // this in the middle runs it again: until then the store stays closed.
  kEncrypted,
  kPlain
};

struct RekeyRequest {
  std::string path;
  std::shared_ptr<const MasterKeys> keys;
  RekeyTo to = RekeyTo::kCurrentKey;
  // Null: the operating system's.
  std::shared_ptr<rocksdb::FileSystem> file_system;
};

struct RekeyReport {
  uint64_t files = 0;    // Encrypted ones, or plain ones, at the end.
  uint64_t changed = 0;  // Those that were not so.
  bool served = false;   // A process has the store open.
  // Master keys that files need at the end.
  std::set<std::string> needed;
};

// Errors: FailedPrecondition when the store is open and must not be, when a key
// is missing, or when the server that has it open does not use the current key
// yet; NotFound when there is no store; DataLoss when a file's prefix is
// damaged; Unavailable.
absl::StatusOr<RekeyReport> RekeyStore(const RekeyRequest& request);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_REKEY_H_
