#include "storage/rocks/folder_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

absl::Status InUse(const std::string& path, const std::string& by) {
  return absl::FailedPreconditionError("data folder " + path +
                                       " is in use by another process" + by);
}

// What file systems answer that cannot lock a folder: NFS wants a descriptor
// that may be written to, which no folder has; some that are mounted read-only
// refuse it.
bool IsNoLockThere(int error) {
  return error == EBADF || error == ENOLCK || error == ENOSYS ||
         error == EOPNOTSUPP || error == EROFS;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(
    const std::string& path, int (*lock_call)(int, int)) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return absl::UnavailableError("data folder " + path +
                                  " cannot be opened: " + Reason(errno));
  }
  // Owns the descriptor from here on.
  std::unique_ptr<FolderLock> lock(new FolderLock(path, folder));
  if (lock_call(folder, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK) return InUse(path, "");
    if (!IsNoLockThere(error)) {
      return absl::UnavailableError("data folder " + path +
                                    " cannot be locked: " + Reason(error));
    }
    LogWarn(
        "the file system takes no lock on the data folder; only its file LOCK "
        "keeps a second server out",
        {{"folder", path}, {"error", Reason(error)}});
  }
  RTG_RETURN_IF_ERROR(lock->CheckLockFile());
  RTG_ASSIGN_OR_RETURN(lock->folder_id_, IdOf(path));
  return lock;
}

FolderLock::~FolderLock() { close(folder_); }

// RocksDB says "cannot lock" to all that may be wrong; this tells what it is.
absl::Status FolderLock::CheckLockFile() const {
  int file = open(LockFile().c_str(), O_RDWR | O_CLOEXEC);
  // Looking takes no right to write: the folder may be mounted read-only.
  if (file < 0 && (errno == EROFS || errno == EACCES)) {
    file = open(LockFile().c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (file < 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return absl::UnavailableError(LockFile() +
                                  " cannot be opened: " + Reason(errno));
  }
  struct flock held {};
  held.l_type = F_WRLCK;
  held.l_whence = SEEK_SET;
  const int asked = fcntl(file, F_GETLK, &held);
  const int error = errno;
  close(file);
  if (asked != 0) {
    return absl::UnavailableError(LockFile() +
                                  " cannot be looked at: " + Reason(error));
  }
  if (held.l_type == F_UNLCK) return absl::OkStatus();
  return InUse(path_, ": its LOCK file is held by process " +
                          std::to_string(held.l_pid));
}

int FolderLock::GetId(const std::string& path, FileId& id) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return errno;
  id = {.device = found.st_dev, .inode = found.st_ino};
  return 0;
}

absl::StatusOr<FolderLock::FileId> FolderLock::IdOf(const std::string& path) {
  FileId id;
  const int error = GetId(path, id);
  if (error != 0) return absl::UnavailableError(path + ": " + Reason(error));
  return id;
}

absl::Status FolderLock::NoteLockFile() {
  RTG_ASSIGN_OR_RETURN(lock_file_id_, IdOf(LockFile()));
  return absl::OkStatus();
}

absl::Status FolderLock::Check() const {
  const auto check = [](const std::string& path, const FileId& opened,
                        const std::string& what) -> absl::Status {
    FileId now;
    const int error = GetId(path, now);
    if (error == 0 && now == opened) return absl::OkStatus();
    if (error != 0 && error != ENOENT && error != ENOTDIR) {
      return absl::UnavailableError("the data folder: " + what +
                                    " cannot be looked at: " + Reason(error) +
                                    "; nothing is written until it can");
    }
    return absl::FailedPreconditionError(
        "the data folder was changed from outside: " + what +
        " is not the one that was opened; nothing is written until the server "
        "is started again");
  };
  RTG_RETURN_IF_ERROR(check(path_, folder_id_, "the folder itself"));
  return check(LockFile(), lock_file_id_, "its file LOCK");
}

}  // namespace roentgen::storage
