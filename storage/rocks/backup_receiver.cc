#include "storage/rocks/backup_receiver.h"

#include <algorithm>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/file_print.h"
#include "storage/rocks/folder_place.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

absl::Status Nonsense(const std::string& what) {
  return absl::DataLossError("the server sends no backup: " + what);
}

}  // namespace

BackupReceiver::~BackupReceiver() = default;

absl::StatusOr<std::unique_ptr<BackupReceiver>> BackupReceiver::Open(
    const BackupFolder& folder) {
  RTG_RETURN_IF_ERROR(CheckIsInNoStore(folder.path()));
  RTG_RETURN_IF_ERROR(folder.Make());
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<FolderLock> lock, folder.Lock());
  auto receiver = std::unique_ptr<BackupReceiver>(
      new BackupReceiver(folder, std::move(lock)));
  RTG_RETURN_IF_ERROR(receiver->LookForWhatIsThere());
  return receiver;
}

absl::Status BackupReceiver::LookForWhatIsThere() {
  RTG_ASSIGN_OR_RETURN(const BackupFolder::Contents contents, folder_.Look());
  std::set<std::string> of_backups;
  for (const BackupRecord& backup : contents.backups) {
    times_.push_back(backup.time);
    for (const KeptFile& kept : backup.files) of_backups.insert(kept.hash);
  }
  rocksdb::FileSystem& files = folder_.files();
  for (const ContentName& content : contents.contents) {
    const std::string path = folder_.PathOf(content);
    RTG_ASSIGN_OR_RETURN(const uint64_t bytes, SizeOfFile(files, path));
    if (bytes != content.bytes) continue;
    if (!of_backups.contains(content.hash)) {
      RTG_ASSIGN_OR_RETURN(const std::string hash, HashOfFile(files, path));
      if (hash != content.hash) continue;
    }
    RTG_ASSIGN_OR_RETURN(std::string print, PrintOfTable(files, path, bytes));
    have_.emplace(Identity(bytes, std::move(print)), content.hash);
  }
  return absl::OkStatus();
}

absl::StatusOr<Timestamp> BackupReceiver::TimeOf(int64_t seconds,
                                                 int64_t nanos) {
  constexpr int64_t kNanos = 1'000'000'000;
  if (seconds < 0 || seconds >= Timestamp::Max().ns / kNanos || nanos < 0 ||
      nanos >= kNanos) {
    return Nonsense("a time that is none");
  }
  return Timestamp{seconds * kNanos + nanos};
}

absl::Status BackupReceiver::Begin(Timestamp time) {
  if (record_.time != Timestamp()) return Nonsense("it begins twice");
  if (time <= Timestamp()) return Nonsense("it has no time");
  if (std::find(times_.begin(), times_.end(), time) != times_.end()) {
    return absl::AlreadyExistsError("there is a backup of that time");
  }
  record_.time = time;
  return absl::OkStatus();
}

absl::Status BackupReceiver::Announce(BackupFile file, bool sent) {
  if (record_.time == Timestamp()) return Nonsense("it does not begin");
  if (const absl::Status name = CheckStoreFileName(file.name); !name.ok()) {
    return Nonsense(std::string(name.message()));
  }
  if (record_.files.size() == limits::kBackupFilesMax) {
    return Nonsense("too many files");
  }
  if (received_bytes_ != 0 || next_ != 0) {
    return Nonsense("a file comes late in the list");
  }
  if (!file.print.empty() && !IsContentHash(file.print)) {
    return Nonsense("a print that is none");
  }
  if (!names_.insert(file.name).second) {
    return Nonsense(file.name + " comes twice");
  }
  KeptFile kept{.file = std::move(file), .hash = {}};
  if (sent) {
    sent_.push_back(record_.files.size());
    announced_bytes_ += kept.file.bytes;
  } else {
    const auto there = have_.find(Identity(kept.file.bytes, kept.file.print));
    if (kept.file.print.empty() || there == have_.end()) {
      return Nonsense(kept.file.name + " is said to be here and is not");
    }
    kept.hash = there->second;
  }
  record_.files.push_back(std::move(kept));
  return absl::OkStatus();
}

absl::Status BackupReceiver::OpenIncoming() {
  if (next_ == sent_.size()) return Nonsense("bytes of no file");
  RTG_RETURN_IF_ERROR(
      FromRocks(folder_.files().NewWritableFile(
                    folder_.path() + "/" + std::string(folder_.kIncoming), {},
                    &incoming_, nullptr),
                "while making a file of the backup"));
  hash_ = ContentHash();
  incoming_bytes_ = 0;
  return absl::OkStatus();
}

absl::Status BackupReceiver::Take(std::string_view bytes) {
  // Else it could go on for ever.
  if (bytes.empty()) return Nonsense("a part of no bytes");
  if (incoming_ == nullptr) RTG_RETURN_IF_ERROR(OpenIncoming());
  const BackupFile& file = record_.files[sent_[next_]].file;
  if (bytes.size() > file.bytes - incoming_bytes_) {
    return Nonsense(file.name + " is longer than was said");
  }
  RTG_RETURN_IF_ERROR(
      FromRocks(incoming_->Append(ToSlice(bytes), IOOptions(), nullptr),
                "while writing " + file.name));
  hash_.Add(bytes);
  incoming_bytes_ += bytes.size();
  received_bytes_ += bytes.size();
  return absl::OkStatus();
}

absl::Status BackupReceiver::EndFile(std::string_view hash) {
  if (incoming_ == nullptr) RTG_RETURN_IF_ERROR(OpenIncoming());
  KeptFile& kept = record_.files[sent_[next_]];
  if (incoming_bytes_ != kept.file.bytes) {
    return Nonsense(kept.file.name + " is shorter than was said");
  }
  kept.hash = hash_.Hex();
  if (kept.hash != hash) {
    return Nonsense(kept.file.name + " does not have its checksum");
  }
  const std::string doing = "while writing " + kept.file.name;
  const std::unique_ptr<rocksdb::FSWritableFile> file = std::move(incoming_);
  RTG_RETURN_IF_ERROR(FromRocks(file->Sync(IOOptions(), nullptr), doing));
  RTG_RETURN_IF_ERROR(FromRocks(file->Close(IOOptions(), nullptr), doing));
  RTG_RETURN_IF_ERROR(StoreFolder(folder_.files(), folder_.path())
                          .Rename(std::string(folder_.kIncoming),
                                  NameOfContent({.hash = kept.hash,
                                                 .bytes = kept.file.bytes})));
  ++next_;
  return absl::OkStatus();
}

absl::StatusOr<BackupRecord> BackupReceiver::Finish() {
  if (next_ != sent_.size() || incoming_ != nullptr) {
    return Nonsense("it ends before its last file");
  }
  if (!names_.contains("CURRENT")) return Nonsense("it has no file CURRENT");
  const StoreFolder folder(folder_.files(), folder_.path());
  const std::string temporary(folder_.kNewRecord);
  // The names of all files, before the record that needs them.
  RTG_RETURN_IF_ERROR(folder.Sync());
  RTG_RETURN_IF_ERROR(folder.Write(temporary, EncodeBackupRecord(record_)));
  RTG_RETURN_IF_ERROR(folder.Rename(temporary, NameOfRecord(record_.time)));
  RTG_RETURN_IF_ERROR(folder.Sync());
  return record_;
}

}  // namespace roentgen::storage
