// What a folder with backups says of one of them: its time and its files. The
// bytes of a file are kept under the name of their hash, once for all backups
// that have it.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_BACKUP_RECORD_H_
#define ROENTGEN_STORAGE_ROCKS_BACKUP_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "storage/engine/backup_source.h"

namespace roentgen::storage {

struct KeptFile {
  BackupFile file;
  std::string hash;  // ContentHash of its bytes.

  friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

struct BackupRecord {
  Timestamp time;
  std::vector<KeptFile> files;

  uint64_t bytes() const;
};

// Errors: DataLoss when it is not what EncodeBackupRecord made, whole.
absl::StatusOr<BackupRecord> DecodeBackupRecord(std::string_view text);
std::string EncodeBackupRecord(const BackupRecord& record);

// Names of files in a folder with backups.
std::string NameOfRecord(Timestamp time);
bool IsNameOfRecord(std::string_view name);
struct ContentName {
  std::string hash;
  uint64_t bytes = 0;
};
std::string NameOfContent(const ContentName& content);
std::optional<ContentName> ParseNameOfContent(std::string_view name);

// Whether a store may have a file of that name: it leads to no other folder,
// and is one of RocksDB's. InvalidArgument says which is none.
absl::Status CheckStoreFileName(std::string_view name);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BACKUP_RECORD_H_
