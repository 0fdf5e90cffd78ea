#include "storage/rocks/backup_restore.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/content_hash.h"
#include "base/status_macros.h"
#include "storage/rocks/file_print.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/store_folder.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

constexpr char kCurrent[] = "CURRENT";
// A name that RocksDB removes, should it be left.
constexpr char kUnfinished[] = "000000.dbtmp";

std::shared_ptr<rocksdb::FileSystem> OrDefault(
    std::shared_ptr<rocksdb::FileSystem> files) {
  return files != nullptr ? std::move(files) : rocksdb::FileSystem::Default();
}

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

// Makes the folder, or finds it empty.
absl::Status MakeTarget(rocksdb::FileSystem& files, const std::string& target) {
  RTG_RETURN_IF_ERROR(
      FromRocks(files.CreateDirIfMissing(target, IOOptions(), nullptr),
                "while making folder " + target));
  const StoreFolder folder(files, target);
  RTG_ASSIGN_OR_RETURN(std::vector<std::string> names, folder.Names());
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    return absl::FailedPreconditionError(
        "folder " + target + " holds " + name +
        "; a store is restored into a new or empty folder");
  }
  // Its own name; that of "/" is nowhere.
  const std::string parent = target + "/..";
  return StoreFolder(files, parent).Sync();
}

}  // namespace

absl::Status RestoreBackup(const BackupFolder& folder,
                           const BackupRecord& backup,
                           std::shared_ptr<rocksdb::FileSystem> files,
                           const std::string& target,
                           const BackupProgress& progress) {
  files = OrDefault(std::move(files));
  RTG_RETURN_IF_ERROR(MakeTarget(*files, target));
  absl::Status restored =
      Restore(folder, backup, *files, target, progress).Run();
  if (restored.ok()) return restored;
  const absl::Status removed = RemoveFolder(*files, target);
  if (removed.ok()) return restored;
  return absl::Status(restored.code(),
                      std::string(restored.message()) +
                          "; what was restored so far is still there: " +
                          std::string(removed.message()));
}

absl::Status RemoveRestored(std::shared_ptr<rocksdb::FileSystem> files,
                            const std::string& target) {
  return RemoveFolder(*OrDefault(std::move(files)), target);
}

}  // namespace roentgen::storage
