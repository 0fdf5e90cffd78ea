#include "storage/rocks/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

absl::Status InUse(const std::string& path, const std::string& by) {
  return absl::FailedPreconditionError("data folder " + path +
                                       " is in use by another process" + by);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(
    const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return absl::UnavailableError("data folder " + path +
                                  " cannot be opened: " + Reason(errno));
  }
  // Owns the descriptor from here on.
  std::unique_ptr<FolderLock> lock(new FolderLock(path, folder));
  if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return InUse(path, "");
    return absl::UnavailableError("data folder " + path +
                                  " cannot be locked: " + Reason(errno));
  }
  RTG_RETURN_IF_ERROR(lock->CheckLockFile());
  RTG_ASSIGN_OR_RETURN(lock->folder_id_, IdOf(path));
  return lock;
}

FolderLock::~FolderLock() { close(folder_); }

// RocksDB says "cannot lock" to all that may be wrong; this tells what it is.
absl::Status FolderLock::CheckLockFile() const {
  const int file = open(LockFile().c_str(), O_RDWR | O_CLOEXEC);
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

absl::StatusOr<FolderLock::FileId> FolderLock::IdOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    return absl::UnavailableError(path + ": " + Reason(errno));
  }
  return FileId{.device = found.st_dev, .inode = found.st_ino};
}

absl::Status FolderLock::NoteLockFile() {
  RTG_ASSIGN_OR_RETURN(lock_file_id_, IdOf(LockFile()));
  return absl::OkStatus();
}

absl::Status FolderLock::Check() const {
  const auto is_still = [](const std::string& path, const FileId& id) {
    const absl::StatusOr<FileId> now = IdOf(path);
    return now.ok() && *now == id;
  };
  const bool folder = is_still(path_, folder_id_);
  if (folder && is_still(LockFile(), lock_file_id_)) return absl::OkStatus();
  return absl::UnavailableError(
      std::string("the data folder was changed from outside: ") +
      (folder ? "its file LOCK" : "the folder itself") +
      " is not the one that was opened; nothing is written until the server is "
      "started again");
}

}  // namespace roentgen::storage
