// A folder with backups of one store: flat, with a record of each backup and
// the bytes of their files.
//
//   BackupFolder folder(nullptr, "/backups");
//   RTG_ASSIGN_OR_RETURN(BackupFolder::Contents contents, folder.Look());
//   RTG_ASSIGN_OR_RETURN(auto damages, folder.Verify(contents, progress));
//
// A record is written once everything that it names is on the disk: what has
// none is no backup.
//
// Threads: one.
#ifndef ROENTGEN_STORAGE_ROCKS_BACKUP_FOLDER_H_
#define ROENTGEN_STORAGE_ROCKS_BACKUP_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "rocksdb/file_system.h"
#include "storage/rocks/backup_record.h"
#include "storage/rocks/folder_lock.h"

namespace roentgen::storage {

// How far something is: bytes of bytes.
using BackupProgress = std::function<void(uint64_t done, uint64_t all)>;

class BackupFolder {
 public:
  // `files` null: the operating system's.
  BackupFolder(std::shared_ptr<rocksdb::FileSystem> files, std::string path);

  // Makes it where there is none.
  absl::Status Make() const;

  struct Contents {
    std::vector<BackupRecord> backups;  // The oldest first.
    // Records that do not read, and why. What they need is not known.
    std::vector<std::string> damaged;
    std::vector<ContentName> contents;  // Files of those, and others.
  };
  // Errors: NotFound when there is no folder; FailedPrecondition when other
  // files are in it; Unavailable.
  absl::StatusOr<Contents> Look() const;

  struct Damage {
    std::string what;  // The file and what is wrong with it.
    std::vector<Timestamp> backups;
  };
  // Reads everything that backups need. Errors: Unavailable; what is damaged or
  // not there is no error.
  absl::StatusOr<std::vector<Damage>> Verify(
      const Contents& contents, const BackupProgress& progress) const;

  // Keeps it for this process while it is filled. Errors: FailedPrecondition
  // when another one has it; Unavailable.
  absl::StatusOr<std::unique_ptr<FolderLock>> Lock() const;

  // Removes all backups but the newest ones, and what no backup needs. How many
  // backups went. `taken`: the one that was taken just now, which is to be the
  // newest. FailedPrecondition, and nothing goes, where a record is damaged,
  // where one of a later time would stay in place of `taken`, or where somebody
  // fills the folder.
  absl::StatusOr<size_t> Keep(size_t newest, Timestamp taken) const;

  // For those who fill it and read it.
  rocksdb::FileSystem& files() const { return *files_; }
  const std::string& path() const { return path_; }
  std::string PathOf(const ContentName& content) const {
    return path_ + "/" + NameOfContent(content);
  }
  // Its temporary files, which the next one writes over.
  static constexpr std::string_view kIncoming = "incoming.tmp";
  static constexpr std::string_view kNewRecord = "record.tmp";

 private:
  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::string path_;
};

// The newest backup that is not later than `latest`; null: there is none.
const BackupRecord* NewestUntil(const BackupFolder::Contents& contents,
                                std::optional<Timestamp> latest);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BACKUP_FOLDER_H_
