// Backups of a store that is open: RocksDB's checkpoints, in a folder in the
// store's own, which are hard links to its tables and copies of the rest.
//
//   RTG_ASSIGN_OR_RETURN(std::unique_ptr<StoreBackup> backup,
//                        backups.Begin());
//   RTG_RETURN_IF_ERROR(backup->Link(state));  // The store is needed for this,
//   RTG_RETURN_IF_ERROR(backup->List());       // and not from here on.
//
// Files are taken as they lie on the disk: those of an encrypted store stay so,
// and its file ENCRYPTION goes with them.
//
// Tables never change, so that what the store drops or compacts meanwhile stays
// whole here, and on the disk as long.
//
// Threads: StoreBackups is thread-safe, a StoreBackup belongs to one at a time.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_BACKUP_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_BACKUP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "rocksdb/file_system.h"
#include "storage/engine/backup_source.h"
#include "storage/rocks/engine_state.h"

namespace roentgen::storage {

class StoreBackup;

class StoreBackups {
 public:
  // `files`: what lies on the disk; null: the operating system's. `clock`
  // outlives this object and its backups.
  StoreBackups(std::shared_ptr<rocksdb::FileSystem> files,
               const std::string& store_path, const Clock& clock);

  // What a process that died may have left. Once the folder is locked. Errors:
  // FailedPrecondition when somebody else has put something there, which stays.
  absl::Status RemoveLeftovers() const;
  // Errors: ResourceExhausted while there is another one.
  absl::StatusOr<std::unique_ptr<StoreBackup>> Begin();
  BackupStats Stats() const;

 private:
  friend class StoreBackup;
  // Of this object and its backup, which may live longer.
  struct Shared {
    Shared(std::shared_ptr<rocksdb::FileSystem> f, std::string s,
           const std::string& folder, const Clock& c)
        : files(std::move(f)),
          store_path(std::move(s)),
          path(store_path + '/' + folder),
          clock(c) {}

    const std::shared_ptr<rocksdb::FileSystem> files;
    const std::string store_path;
    const std::string path;
    const Clock& clock;
    Mutex mu;
    BackupStats stats RTG_GUARDED_BY(mu);
  };

  // The folder and what is in it, if all of it is ours; else nothing of it.
  static absl::Status Remove(const Shared& shared);
  // A new one, marked as ours.
  static absl::Status Make(const Shared& shared);

  const std::shared_ptr<Shared> shared_;
};

class StoreBackup : public Backup {
 public:
  ~StoreBackup() override;

  // Takes the store as it is. Errors: Unavailable when the disk refuses;
  // FailedPrecondition when its place holds what is not ours.
  absl::Status Link(EngineState& state);
  // Looks at what was taken.
  absl::Status List();

  Timestamp time() const override { return time_; }
  const std::vector<BackupFile>& files() const override { return listed_; }
  absl::StatusOr<std::string> Read(size_t file, uint64_t offset,
                                   size_t bytes) override;
  void Complete() override { complete_ = true; }

 private:
  friend class StoreBackups;
  explicit StoreBackup(std::shared_ptr<StoreBackups::Shared> shared)
      : shared_(std::move(shared)) {}
  std::string PathOf(const std::string& name) const {
    return LinksPath() + '/' + name;
  }
  std::string LinksPath() const;
  absl::Status CopyEncryption() const;

  const std::shared_ptr<StoreBackups::Shared> shared_;
  Timestamp time_;
  std::vector<BackupFile> listed_;
  // The one that was read last.
  size_t open_file_ = 0;
  std::unique_ptr<rocksdb::FSRandomAccessFile> open_;
  bool complete_ = false;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_BACKUP_H_
