#include "storage/rocks/store_backup.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "rocksdb/utilities/checkpoint.h"
#include "storage/files/store_encryption.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/backup_record.h"
#include "storage/rocks/file_print.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

// In the store's folder: links do not leave their file system.
constexpr char kFolder[] = "backup.roentgen-tmp";
// In that folder: what tells that it is ours, and the links, which RocksDB has
// under the second name until they are whole.
constexpr char kMarker[] = "made-by-roentgen";
constexpr char kLinks[] = "store";
constexpr char kUnfinished[] = "store.tmp";

absl::Status NotOurs(const std::string& name) {
  return absl::FailedPreconditionError(
      std::string(kFolder) + " in the data folder holds " + name +
      ", which no backup put there; nothing of it is removed, and no backup is "
      "taken until it is moved away");
}

// The files of RocksDB's in it, which are links and copies of the store's.
absl::StatusOr<std::vector<std::string>> LinksIn(rocksdb::FileSystem& files,
                                                 const std::string& path) {
  auto names = NamesIn(files, path, "folder");
  if (absl::IsNotFound(names.status())) return std::vector<std::string>();
  RTG_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    if (!CheckStoreFileName(name).ok()) return NotOurs(name);
  }
  return names;
}

// A start on the restored store knows when it was, and what was acknowledged.
absl::Status PutMarks(EngineState& state) RTG_REQUIRES(state.seal_mu) {
  MutexLock commit_lock(state.commit_mu);
  rocksdb::WriteBatch marks;
  state.PutMarks(marks);
  return state.db->Write(marks, false, "while beginning a backup");
}

}  // namespace

StoreBackups::StoreBackups(std::shared_ptr<rocksdb::FileSystem> files,
                           const std::string& store_path, const Clock& clock)
    : shared_(std::make_shared<Shared>(
          files != nullptr ? std::move(files) : rocksdb::FileSystem::Default(),
          store_path, kFolder, clock)) {}

absl::Status StoreBackups::RemoveLeftovers() const { return Remove(*shared_); }

absl::Status StoreBackups::Remove(const Shared& shared) {
  rocksdb::FileSystem& files = *shared.files;
  const auto names = NamesIn(files, shared.path, "folder");
  if (absl::IsNotFound(names.status())) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(names.status());
  // Not marked yet, or no longer, or not ours: no file of ours is in it.
  if (names->empty()) return absl::OkStatus();
  const auto marker = std::find(names->begin(), names->end(), kMarker);
  if (marker == names->end()) return NotOurs(names->front());
  // All is looked at before anything goes.
  std::vector<std::string> gone;
  std::vector<std::string> folders;
  for (const std::string& name : *names) {
    if (name == kMarker) continue;
    if (name != kLinks && name != kUnfinished) return NotOurs(name);
    folders.push_back(shared.path + '/' + name);
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> links,
                         LinksIn(files, folders.back()));
    for (const std::string& link : links) {
      gone.push_back(folders.back() + '/' + link);
    }
  }
  const auto remove_file = [&](const std::string& path) {
    return FromRocks(files.DeleteFile(path, IOOptions(), nullptr),
                     "while removing " + path);
  };
  const auto remove_folder = [&](const std::string& path) {
    return FromRocks(files.DeleteDir(path, IOOptions(), nullptr),
                     "while removing " + path);
  };
  for (const std::string& link : gone) RTG_RETURN_IF_ERROR(remove_file(link));
  for (const std::string& folder : folders) {
    RTG_RETURN_IF_ERROR(remove_folder(folder));
  }
  // While anything else is in it, it is marked.
  RTG_RETURN_IF_ERROR(remove_file(shared.path + '/' + kMarker));
  return remove_folder(shared.path);
}

absl::Status StoreBackups::Make(const Shared& shared) {
  RTG_RETURN_IF_ERROR(Remove(shared));
  RTG_RETURN_IF_ERROR(FromRocks(
      shared.files->CreateDirIfMissing(shared.path, IOOptions(), nullptr),
      "while making folder " + shared.path));
  return StoreFolder(*shared.files, shared.path)
      .Write(kMarker, "A server takes a backup here, and removes it then.\n");
}

absl::StatusOr<std::unique_ptr<StoreBackup>> StoreBackups::Begin() {
  MutexLock lock(shared_->mu);
  if (shared_->stats.running != 0) {
    return absl::ResourceExhaustedError(
        "another backup of this store is under way");
  }
  shared_->stats.running = 1;
  return std::unique_ptr<StoreBackup>(new StoreBackup(shared_));
}

BackupStats StoreBackups::Stats() const {
  MutexLock lock(shared_->mu);
  return shared_->stats;
}

StoreBackup::~StoreBackup() {
  open_.reset();
  const absl::Status removed = StoreBackups::Remove(*shared_);
  if (!removed.ok()) {
    LogWarn("what a backup held stays on the disk until the next one",
            {{"error", removed.ToString()}});
  }
  MutexLock lock(shared_->mu);
  BackupStats& stats = shared_->stats;
  stats.running = 0;
  ++(complete_ ? stats.completed : stats.failed);
  if (complete_) stats.last_completed = shared_->clock.Now();
}

std::string StoreBackup::LinksPath() const {
  return shared_->path + '/' + kLinks;
}

absl::Status StoreBackup::Link(EngineState& state) {
  RTG_RETURN_IF_ERROR(state.gate.LookAtFolder());
  RTG_RETURN_IF_ERROR(StoreBackups::Make(*shared_));
  rocksdb::Checkpoint* made = nullptr;
  RTG_RETURN_IF_ERROR(
      FromRocks(rocksdb::Checkpoint::Create(&state.db->db(), &made),
                "while beginning a backup"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // Families come and go under it: RocksDB lists them before it lists the log,
  // and the log must not name any that are not there.
  MutexLock seal_lock(state.seal_mu);
  time_ = state.clock.Now();
  if (state.gate.HasRoomToSeal()) RTG_RETURN_IF_ERROR(PutMarks(state));
  // With what memory holds written out, the log that is copied is short. Where
  // there is no room for that, it is copied as it is.
  const uint64_t log_bytes_max =
      state.gate.HasRoomToSeal() ? 0 : std::numeric_limits<uint64_t>::max();
  RTG_RETURN_IF_ERROR(
      FromRocks(checkpoint->CreateCheckpoint(LinksPath(), log_bytes_max),
                "while taking a backup"));
  return CopyEncryption();
}

// RocksDB does not know of it.
absl::Status StoreBackup::CopyEncryption() const {
  RTG_ASSIGN_OR_RETURN(
      const StoreEncryption encryption,
      ReadStoreEncryption(*shared_->files, shared_->store_path));
  if (encryption.mode == EncryptionMode::kPlain) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(
      const std::string text,
      StoreFolder(*shared_->files, shared_->store_path).Read(kEncryptionFile));
  // Under no other name, which would not be taken for a backup's.
  const std::string links = LinksPath();
  return StoreFolder(*shared_->files, links).Write(kEncryptionFile, text);
}

absl::Status StoreBackup::List() {
  RTG_ASSIGN_OR_RETURN(std::vector<std::string> names,
                       NamesIn(*shared_->files, LinksPath(), "folder"));
  if (names.size() > limits::kBackupFilesMax) {
    return absl::ResourceExhaustedError("the store has " +
                                        std::to_string(names.size()) +
                                        " files, more than a backup may have");
  }
  std::sort(names.begin(), names.end());
  for (std::string& name : names) {
    BackupFile file;
    RTG_ASSIGN_OR_RETURN(file.bytes, SizeOfFile(*shared_->files, PathOf(name)));
    if (name.ends_with(".sst")) {
      RTG_ASSIGN_OR_RETURN(
          file.print, PrintOfTable(*shared_->files, PathOf(name), file.bytes));
    }
    file.name = std::move(name);
    listed_.push_back(std::move(file));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> StoreBackup::Read(size_t file, uint64_t offset,
                                              size_t bytes) {
  const BackupFile& of = listed_[file];
  const std::string doing = "while reading " + of.name + " for a backup";
  if (open_ == nullptr || open_file_ != file) {
    open_.reset();
    RTG_RETURN_IF_ERROR(FromRocks(shared_->files->NewRandomAccessFile(
                                      PathOf(of.name), {}, &open_, nullptr),
                                  doing));
    open_file_ = file;
  }
  bytes = static_cast<size_t>(
      std::min<uint64_t>(bytes, of.bytes - std::min(offset, of.bytes)));
  std::string out(bytes, '\0');
  rocksdb::Slice read;
  RTG_RETURN_IF_ERROR(FromRocks(
      open_->Read(offset, bytes, IOOptions(), &read, out.data(), nullptr),
      doing));
  if (read.size() != bytes) {
    return absl::DataLossError(doing + ": it is shorter than it was");
  }
  if (read.data() != out.data()) out.assign(read.data(), read.size());
  return out;
}

}  // namespace roentgen::storage
