// Keeps a store's folder for one process.
//
// The lock is on the folder itself, so that it also holds where somebody
// removed RocksDB's LOCK file. It ends with the process, however that ends.
// Where the file system knows no locks on folders, as NFS does not, LOCK alone
// has to do.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_FOLDER_LOCK_H_
#define ROENTGEN_STORAGE_ROCKS_FOLDER_LOCK_H_

#include <sys/file.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace roentgen::storage {

class FolderLock {
 public:
  // Errors: FailedPrecondition when somebody else has the folder, or its LOCK
  // file as programs have it that know of no lock on folders; Unavailable when
  // the system refuses. The messages name the folder and the reason.
  // `lock`: the system call, or what a test has in its place.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(
      const std::string& path, int (*lock)(int, int) = &flock);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // The LOCK file that stands in the folder now is RocksDB's.
  absl::Status NoteLockFile();

  // FailedPrecondition once another folder, or none, has the path, or another
  // LOCK file, or none, stands in it; Unavailable when the system does not tell
  // what does.
  absl::Status Check() const;

 private:
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };

  FolderLock(std::string path, int folder)
      : path_(std::move(path)), folder_(folder) {}
  std::string LockFile() const { return path_ + "/LOCK"; }
  absl::Status CheckLockFile() const;
  // An error number, or 0 and `id`.
  static int GetId(const std::string& path, FileId& id);
  static absl::StatusOr<FileId> IdOf(const std::string& path);

  const std::string path_;
  const int folder_;
  FileId folder_id_;
  FileId lock_file_id_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_FOLDER_LOCK_H_
