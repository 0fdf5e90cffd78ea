#include "storage/rocks/backup_restore.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/content_hash.h"
#include "base/status_macros.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/file_print.h"
#include "storage/rocks/folder_lock.h"
#include "storage/rocks/folder_place.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

constexpr char kCurrent[] = "CURRENT";
// A name that RocksDB removes, should it be left.
constexpr char kUnfinished[] = "000000.dbtmp";

class Restore {
 public:
  Restore(const BackupFolder& folder, const BackupRecord& backup,
          rocksdb::FileSystem& files, const std::string& target,
          const BackupProgress& progress)
      : folder_(folder),
        backup_(backup),
        files_(files),
        target_(target),
        progress_(progress),
        all_bytes_(backup.bytes()) {}

  absl::Status Run() {
    const KeptFile* current = nullptr;
    for (const KeptFile& kept : backup_.files) {
      if (kept.file.name == kCurrent) {
        current = &kept;
      } else {
        RTG_RETURN_IF_ERROR(Copy(kept, kept.file.name));
      }
    }
    if (current == nullptr) return absl::DataLossError("it has no CURRENT");
    const StoreFolder folder(files_, target_);
    RTG_RETURN_IF_ERROR(folder.Sync());
    RTG_RETURN_IF_ERROR(Copy(*current, kUnfinished));
    RTG_RETURN_IF_ERROR(folder.Rename(kUnfinished, kCurrent));
    return folder.Sync();
  }

 private:
  absl::Status Copy(const KeptFile& kept, const std::string& name) {
    const ContentName content{.hash = kept.hash, .bytes = kept.file.bytes};
    const std::string doing = "while writing " + kept.file.name;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    RTG_RETURN_IF_ERROR(FromRocks(
        files_.NewWritableFile(target_ + "/" + name, {}, &file, nullptr),
        doing));
    ContentHash hash;
    uint64_t bytes = 0;
    const absl::Status copied = ReadParts(
        folder_.files(), folder_.PathOf(content), [&](std::string_view part) {
          hash.Add(part);
          bytes += part.size();
          done_bytes_ += part.size();
          if (progress_) {
            progress_(std::min(done_bytes_, all_bytes_), all_bytes_);
          }
          return FromRocks(file->Append(ToSlice(part), IOOptions(), nullptr),
                           doing);
        });
    const auto damaged = [&](const std::string& how) {
      return absl::DataLossError(
          "the backup is damaged: " + NameOfContent(content) + " (" +
          kept.file.name + ") " + how);
    };
    if (absl::IsNotFound(copied)) return damaged("is missing");
    RTG_RETURN_IF_ERROR(copied);
    if (bytes != kept.file.bytes) return damaged("does not have its size");
    if (hash.Hex() != kept.hash) return damaged("does not have its checksum");
    RTG_RETURN_IF_ERROR(FromRocks(file->Sync(IOOptions(), nullptr), doing));
    return FromRocks(file->Close(IOOptions(), nullptr), doing);
  }

  const BackupFolder& folder_;
  const BackupRecord& backup_;
  rocksdb::FileSystem& files_;
  const std::string& target_;
  const BackupProgress& progress_;
  const uint64_t all_bytes_;
  uint64_t done_bytes_ = 0;
};

// The folder of the store that is made, for this process alone.
class Target {
 public:
  Target(rocksdb::FileSystem& files, const std::string& path)
      : files_(files), path_(path) {}

  // Makes the folder, or finds it empty.
  absl::Status Make() {
    auto names = NamesIn(files_, path_, "folder");
    made_ = absl::IsNotFound(names.status());
    if (made_) {
      RTG_RETURN_IF_ERROR(
          FromRocks(files_.CreateDirIfMissing(path_, IOOptions(), nullptr),
                    "while making folder " + path_));
    } else {
      RTG_RETURN_IF_ERROR(names.status());
      RTG_RETURN_IF_ERROR(CheckIsEmpty(*names));
    }
    auto lock = FolderLock::Take(path_);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
    // A server may have come before.
    names = NamesIn(files_, path_, "folder");
    if (names.ok()) RTG_RETURN_IF_ERROR(CheckIsEmpty(*names));
    absl::Status status = names.status();
    // Its own name; that of "/" is nowhere.
    const std::string parent = path_ + "/..";
    if (status.ok()) status = StoreFolder(files_, parent).Sync();
    return status.ok() ? status : Undo(status, {});
  }

  // Takes away what `failed` left: files of `backup`, if nothing else is there.
  absl::Status Undo(const absl::Status& failed, const BackupRecord& backup) {
    const absl::Status gone = Remove(backup);
    std::string text(failed.message());
    if (!gone.ok()) {
      text += "; what was restored so far is still there: " +
              std::string(gone.message());
    } else if (made_) {
      text += "; nothing of it is left in " + path_;
    } else {
      text += "; folder " + path_ + " is left, empty";
    }
    return absl::Status(failed.code(), text);
  }

 private:
  absl::Status CheckIsEmpty(const std::vector<std::string>& names) const {
    if (names.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "folder " + path_ + " holds " + names.front() +
        "; a store is restored into a new or empty folder");
  }

  absl::Status Remove(const BackupRecord& backup) const {
    std::set<std::string> ours = {kUnfinished};
    for (const KeptFile& kept : backup.files) ours.insert(kept.file.name);
    RTG_ASSIGN_OR_RETURN(std::vector<std::string> names,
                         NamesIn(files_, path_, "folder"));
    for (const std::string& name : names) {
      if (ours.contains(name)) continue;
      return absl::FailedPreconditionError("folder " + path_ +
                                           " is in use: it holds " + name +
                                           ", which is not of the backup");
    }
    // From then on it is no store.
    std::stable_partition(
        names.begin(), names.end(),
        [](const std::string& name) { return name == kCurrent; });
    const StoreFolder folder(files_, path_);
    for (const std::string& name : names) {
      RTG_RETURN_IF_ERROR(folder.Remove(name));
    }
    if (!made_) return absl::OkStatus();
    return FromRocks(files_.DeleteDir(path_, IOOptions(), nullptr),
                     "while removing " + path_);
  }

  rocksdb::FileSystem& files_;
  const std::string& path_;
  std::unique_ptr<FolderLock> lock_;
  bool made_ = false;
};

}  // namespace

absl::Status RestoreBackup(const BackupFolder& folder,
                           const BackupRecord& backup,
                           std::shared_ptr<rocksdb::FileSystem> files,
                           const std::string& target,
                           const BackupProgress& progress) {
  if (files == nullptr) files = rocksdb::FileSystem::Default();
  RTG_RETURN_IF_ERROR(CheckIsNotIn(target, folder.path()));
  RTG_RETURN_IF_ERROR(CheckIsInNoStore(target));
  Target made(*files, target);
  RTG_RETURN_IF_ERROR(made.Make());
  const absl::Status restored =
      Restore(folder, backup, *files, target, progress).Run();
  return restored.ok() ? restored : made.Undo(restored, backup);
}

}  // namespace roentgen::storage
