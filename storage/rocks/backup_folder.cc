#include "storage/rocks/backup_folder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/file_print.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

ContentName ContentOf(const KeptFile& kept) {
  return {.hash = kept.hash, .bytes = kept.file.bytes};
}

// What is wrong with a file of a backup; empty: nothing.
absl::StatusOr<std::string> Look(rocksdb::FileSystem& files,
                                 const std::string& path,
                                 const KeptFile& kept) {
  const absl::StatusOr<uint64_t> bytes = SizeOfFile(files, path);
  if (absl::IsNotFound(bytes.status())) return "is missing";
  RTG_RETURN_IF_ERROR(bytes.status());
  if (*bytes != kept.file.bytes) {
    return "has " + std::to_string(*bytes) + " bytes instead of " +
           std::to_string(kept.file.bytes);
  }
  RTG_ASSIGN_OR_RETURN(const std::string hash, HashOfFile(files, path));
  return hash == kept.hash ? "" : "does not have its checksum";
}

}  // namespace

BackupFolder::BackupFolder(std::shared_ptr<rocksdb::FileSystem> files,
                           std::string path)
    : files_(files != nullptr ? std::move(files)
                              : rocksdb::FileSystem::Default()),
      path_(std::move(path)) {}

absl::Status BackupFolder::Make() const {
  return FromRocks(files_->CreateDirIfMissing(path_, IOOptions(), nullptr),
                   "while making folder " + path_);
}

absl::StatusOr<BackupFolder::Contents> BackupFolder::Look() const {
  const StoreFolder folder(*files_, path_);
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                       NamesIn(*files_, path_, "backup folder"));
  Contents out;
  for (const std::string& name : names) {
    if (name == kIncoming || name == kNewRecord) continue;
    if (std::optional<ContentName> content = ParseNameOfContent(name)) {
      out.contents.push_back(*std::move(content));
      continue;
    }
    if (!IsNameOfRecord(name)) {
      return absl::FailedPreconditionError(
          "folder " + path_ + " holds " + name +
          ", which is of no backup; give a folder for backups alone");
    }
    RTG_ASSIGN_OR_RETURN(const std::string text, folder.Read(name));
    absl::StatusOr<BackupRecord> record = DecodeBackupRecord(text);
    if (record.ok() && NameOfRecord(record->time) != name) {
      record = absl::DataLossError("it is that of another backup");
    }
    if (record.ok()) {
      out.backups.push_back(*std::move(record));
    } else {
      out.damaged.push_back(name + ": " +
                            std::string(record.status().message()));
    }
  }
  std::sort(out.backups.begin(), out.backups.end(),
            [](const auto& a, const auto& b) { return a.time < b.time; });
  return out;
}

absl::StatusOr<std::vector<BackupFolder::Damage>> BackupFolder::Verify(
    const Contents& contents, const BackupProgress& progress) const {
  struct Use {
    const KeptFile* kept = nullptr;
    std::vector<Timestamp> backups;
  };
  std::map<std::string, Use> uses;
  uint64_t all = 0;
  for (const BackupRecord& backup : contents.backups) {
    for (const KeptFile& kept : backup.files) {
      Use& use = uses[NameOfContent(ContentOf(kept))];
      if (use.kept == nullptr) all += kept.file.bytes;
      use.kept = &kept;
      use.backups.push_back(backup.time);
    }
  }
  std::vector<Damage> damages;
  for (const std::string& record : contents.damaged) {
    damages.push_back({.what = record, .backups = {}});
  }
  uint64_t done = 0;
  for (auto& [name, use] : uses) {
    RTG_ASSIGN_OR_RETURN(const std::string wrong,
                         storage::Look(*files_, path_ + "/" + name, *use.kept));
    if (!wrong.empty()) {
      damages.push_back(
          {.what = name + " (" + use.kept->file.name + ") " + wrong,
           .backups = std::move(use.backups)});
    }
    done += use.kept->file.bytes;
    if (progress) progress(done, all);
  }
  return damages;
}

absl::StatusOr<std::unique_ptr<FolderLock>> BackupFolder::Lock() const {
  auto lock = FolderLock::Take(path_);
  if (lock.ok()) return lock;
  // It speaks of a store's.
  return absl::Status(lock.status().code(),
                      absl::StrReplaceAll(lock.status().message(),
                                          {{"data folder " + path_,
                                            "backup folder " + path_}}));
}

absl::StatusOr<size_t> BackupFolder::Keep(size_t newest,
                                          Timestamp taken) const {
  // What a backup that comes brings has no record yet.
  RTG_ASSIGN_OR_RETURN(const std::unique_ptr<FolderLock> lock, Lock());
  RTG_ASSIGN_OR_RETURN(Contents contents, Look());
  if (!contents.damaged.empty()) {
    return absl::FailedPreconditionError(
        "nothing is removed, for it is not known what the damaged record " +
        contents.damaged.front() + " needs");
  }
  const StoreFolder folder(*files_, path_);
  const size_t gone =
      contents.backups.size() - std::min(contents.backups.size(), newest);
  // A clock was wrong, and it is not known which backups are the newest.
  if (gone != 0 && contents.backups.back().time > taken) {
    return absl::FailedPreconditionError(
        "nothing is removed, for a backup is of a later time than the one that "
        "was taken just now: a clock was wrong; remove " +
        NameOfRecord(contents.backups.back().time) + " by hand");
  }
  for (size_t i = 0; i < gone; ++i) {
    RTG_RETURN_IF_ERROR(folder.Remove(NameOfRecord(contents.backups[i].time)));
  }
  // No record may be there whose files are not.
  if (gone != 0) RTG_RETURN_IF_ERROR(folder.Sync());
  std::set<std::string> needed;
  for (size_t i = gone; i < contents.backups.size(); ++i) {
    for (const KeptFile& kept : contents.backups[i].files) {
      needed.insert(NameOfContent(ContentOf(kept)));
    }
  }
  for (const ContentName& content : contents.contents) {
    const std::string name = NameOfContent(content);
    if (!needed.contains(name)) RTG_RETURN_IF_ERROR(folder.Remove(name));
  }
  return gone;
}

const BackupRecord* NewestUntil(const BackupFolder::Contents& contents,
                                std::optional<Timestamp> latest) {
  const BackupRecord* newest = nullptr;
  for (const BackupRecord& backup : contents.backups) {
    if (!latest || backup.time <= *latest) newest = &backup;
  }
  return newest;
}

}  // namespace roentgen::storage
