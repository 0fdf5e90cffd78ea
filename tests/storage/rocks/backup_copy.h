// Does what `roentgen backup` and a server do together, without a network.
//
// Threads: one.
#ifndef ROENTGEN_TESTS_STORAGE_ROCKS_BACKUP_COPY_H_
#define ROENTGEN_TESTS_STORAGE_ROCKS_BACKUP_COPY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storage/engine/backup_source.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_record.h"

namespace roentgen::storage {

struct CopiedBackup {
  BackupRecord record;
  uint64_t received_bytes = 0;
  size_t tables_received = 0;
};

// What a backup holds, into the folder.
absl::StatusOr<CopiedBackup> CopyBackup(Backup& backup,
                                        const BackupFolder& folder);
// A new one.
absl::StatusOr<CopiedBackup> CopyBackup(BackupSource& source,
                                        const BackupFolder& folder);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ROCKS_BACKUP_COPY_H_
