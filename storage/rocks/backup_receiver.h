// Takes a backup from a server into a folder with backups. What the server says
// is checked: names, sizes, hashes, counts.
//
//   RTG_ASSIGN_OR_RETURN(auto receiver, BackupReceiver::Open(folder));
//   ... a server hears of receiver->have() ...
//   receiver->Begin(time, bytes);
//   receiver->Announce(file, sent); ...            // All files.
//   receiver->Take(bytes); ... receiver->EndFile(hash);   // Each that is sent.
//   receiver->Finish();                            // It is a backup from here.
//
// A receiver that ends before leaves files that are whole, for the next one.
//
// Threads: one.
#ifndef ROENTGEN_STORAGE_ROCKS_BACKUP_RECEIVER_H_
#define ROENTGEN_STORAGE_ROCKS_BACKUP_RECEIVER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/content_hash.h"
#include "base/timestamp.h"
#include "rocksdb/file_system.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_record.h"
#include "storage/rocks/folder_lock.h"

namespace roentgen::storage {

class BackupReceiver {
 public:
  // Makes the folder where there is none, and keeps it for itself. Files that
  // are of no backup are read, whether they are whole. `folder` outlives it.
  // Errors: FailedPrecondition when another process fills it, other files are
  // in it, or it is in the folder of a store; Unavailable.
  static absl::StatusOr<std::unique_ptr<BackupReceiver>> Open(
      const BackupFolder& folder);
  ~BackupReceiver();

  // Size and print.
  using Identity = std::pair<uint64_t, std::string>;
  const std::map<Identity, std::string>& have() const { return have_; }

  // The time that a server says. DataLoss when it is none.
  static absl::StatusOr<Timestamp> TimeOf(int64_t seconds, int64_t nanos);
  // Errors, here and below: DataLoss when the server says what cannot be;
  // Unavailable when the disk refuses. AlreadyExists when there is a backup of
  // that time.
  absl::Status Begin(Timestamp time);
  absl::Status Announce(BackupFile file, bool sent);
  absl::Status Take(std::string_view bytes);
  absl::Status EndFile(std::string_view hash);
  absl::StatusOr<BackupRecord> Finish();

  uint64_t received_bytes() const { return received_bytes_; }
  uint64_t announced_bytes() const { return announced_bytes_; }

 private:
  BackupReceiver(const BackupFolder& folder, std::unique_ptr<FolderLock> lock)
      : folder_(folder), lock_(std::move(lock)) {}
  absl::Status LookForWhatIsThere();
  absl::Status OpenIncoming();

  const BackupFolder& folder_;
  const std::unique_ptr<FolderLock> lock_;
  std::map<Identity, std::string> have_;  // To hashes.
  std::vector<Timestamp> times_;          // Of backups that are there.

  BackupRecord record_;
  std::set<std::string> names_;
  std::vector<size_t> sent_;  // Places in the record.
  size_t next_ = 0;           // Of those, the one that comes.
  uint64_t announced_bytes_ = 0;
  uint64_t received_bytes_ = 0;
  // Of the file that comes.
  std::unique_ptr<rocksdb::FSWritableFile> incoming_;
  ContentHash hash_;
  uint64_t incoming_bytes_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BACKUP_RECEIVER_H_
