// Makes a store's folder of a backup.
//
// Threads: pure, but for what is on disk.
#ifndef ROENTGEN_STORAGE_ROCKS_BACKUP_RESTORE_H_
#define ROENTGEN_STORAGE_ROCKS_BACKUP_RESTORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "rocksdb/file_system.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_record.h"

namespace roentgen::storage {

// `target` is empty or not there, in no store, and not in `folder`. It is
// locked meanwhile, so that no server takes it. Each file is read, held against
// its checksum and synced; CURRENT, without which it is no store, comes last.
// When it fails, what was made goes away, unless somebody else's file is there;
// a folder that was there stays, empty. `files` null: the operating system's.
// Errors: FailedPrecondition when something is in `target`, or it is not to be
// there; DataLoss names the damaged file of the backup; Unavailable.
absl::Status RestoreBackup(const BackupFolder& folder,
                           const BackupRecord& backup,
                           std::shared_ptr<rocksdb::FileSystem> files,
                           const std::string& target,
                           const BackupProgress& progress);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BACKUP_RESTORE_H_
