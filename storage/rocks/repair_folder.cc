#include "storage/rocks/repair_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

std::string WithoutSlash(const std::string& path) {
  fs::path plain = fs::path(path).lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  return plain.string();
}

bool IsWithin(const std::string& folder, const std::string& path) {
  std::error_code error;
  const fs::path outer = fs::canonical(folder, error);
  if (error) return false;  // It is not there, and cannot be read either.
  const fs::path inner = fs::weakly_canonical(fs::absolute(path), error);
  return !error &&
         std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end())
                 .first == outer.end();
}

}  // namespace

absl::StatusOr<RepairFolder> RepairFolder::For(const std::string& damaged,
                                               const std::string& new_folder) {
  const RepairFolder folder(WithoutSlash(new_folder));
  const std::string& path = folder.path_;
  if (IsWithin(damaged, path)) {
    return absl::FailedPreconditionError("folder " + path +
                                         " is in the damaged store's own");
  }
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_empty(path, error)) {
    return absl::FailedPreconditionError("folder " + path + " is not empty");
  }
  if (fs::exists(folder.unfinished(), error)) {
    return absl::FailedPreconditionError(
        folder.unfinished() +
        " is there, maybe of a repair that did not end: remove it");
  }
  return folder;
}

absl::Status RepairFolder::Publish() const {
  std::error_code error;
  fs::rename(unfinished(), path_, error);
  if (error) {
    return absl::UnavailableError("folder " + unfinished() +
                                  " cannot be renamed: " + error.message());
  }
  const std::string parent = fs::absolute(path_).parent_path().string();
  const int folder = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && fsync(folder) == 0;
  const int failed = errno;
  if (folder >= 0) close(folder);
  if (synced || failed == EINVAL) return absl::OkStatus();
  return absl::UnavailableError("folder " + parent + " cannot be synced: " +
                                std::generic_category().message(failed));
}

void RepairFolder::Remove() const {
  std::error_code ignored;  // The next repair says if it is there.
  fs::remove_all(unfinished(), ignored);
}

}  // namespace roentgen::storage
