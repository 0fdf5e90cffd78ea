// Whether a store's files are encrypted, and under which keys.
//
// The file ENCRYPTION in the folder says what the store is meant to be; there
// is none where it is plain. It is text, its bytes are no secret, and it is not
// encrypted itself:
//
//   roentgen encryption 1
//   mode on
//   key 2026-q1 0123456789abcdef0123456789abcdef
//   sum 0123456789abcdef
//
// A key's line tells it from others, so that a wrong one is known before
// anything is read with it.
//
// Threads: one per folder, but for FilesOfStore's file system.
#ifndef ROENTGEN_STORAGE_FILES_STORE_ENCRYPTION_H_
#define ROENTGEN_STORAGE_FILES_STORE_ENCRYPTION_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"
#include "storage/files/master_keys.h"

namespace roentgen::storage {

inline constexpr char kEncryptionFile[] = "ENCRYPTION";
// It is written here and renamed.
inline constexpr char kNewEncryptionFile[] = "ENCRYPTION.tmp";

enum class EncryptionMode { kPlain, kTurningOn, kOn, kTurningOff };

struct StoreEncryption {
  EncryptionMode mode = EncryptionMode::kPlain;
  std::map<std::string, std::string, std::less<>> checks;  // By key id.
};

// `files`: what lies on the disk, as it lies there; so below, too. Errors:
// DataLoss when the file ENCRYPTION is damaged; Unavailable.
absl::StatusOr<StoreEncryption> ReadStoreEncryption(rocksdb::FileSystem& files,
                                                    const std::string& path);
// Replaced at once, and synced.
absl::Status WriteStoreEncryption(rocksdb::FileSystem& files,
                                  const std::string& path,
                                  const StoreEncryption& encryption);

// Whether a store has data in a file of that name.
bool IsDataFile(std::string_view name);

// Whether the store at `path`, which is encrypted, can be read with `keys`:
// that they are those that it knows, and that no file needs another or is
// plain.
// Errors: FailedPrecondition with one clear line, naming the key or the file.
absl::Status CheckMasterKeys(rocksdb::FileSystem& files,
                             const std::string& path,
                             const StoreEncryption& encryption,
                             const MasterKeySet& keys);

enum class StoreIs { kNew, kThere };
// The file system through which the store at `path` is read and written. `keys`
// null: none are given. A new store is encrypted if any are. Errors:
// FailedPrecondition with one clear line when it is encrypted and these are not
// its keys, when it is plain and keys are given, or when it was left between
// the two; DataLoss; Unavailable.
absl::StatusOr<std::shared_ptr<rocksdb::FileSystem>> FilesOfStore(
    std::shared_ptr<rocksdb::FileSystem> files, const std::string& path,
    std::shared_ptr<const MasterKeys> keys, StoreIs is);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_STORE_ENCRYPTION_H_
