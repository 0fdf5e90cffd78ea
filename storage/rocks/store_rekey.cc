#include "storage/rocks/store_rekey.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "rocksdb/file_system.h"
#include "storage/files/encrypted_files.h"
#include "storage/files/rocks_status.h"
#include "storage/files/store_encryption.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/file_print.h"
#include "storage/rocks/folder_lock.h"
#include "storage/rocks/store_backup.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

// What a file is written to, before it takes the place of the one that was.
constexpr std::string_view kUnfinished = ".rekey-tmp";

class Rekey {
 public:
  explicit Rekey(const RekeyRequest& request)
      : request_(request),
        files_(request.file_system != nullptr ? request.file_system
                                              : rocksdb::FileSystem::Default()),
        folder_(*files_, request_.path) {}

  absl::StatusOr<RekeyReport> Run() {
    RTG_RETURN_IF_ERROR(Lock());
    if (request_.keys == nullptr) {
      return Refused(": no master key is given");
    }
    keys_ = request_.keys->Get();
    RTG_RETURN_IF_ERROR(request_.to == RekeyTo::kCurrentKey ? WrapAll()
                                                            : WriteAll());
    return report_;
  }

 private:
  absl::Status Refused(const std::string& why) const {
    return absl::FailedPreconditionError("data folder " + request_.path + why);
  }
  std::string PathOf(const std::string& name) const {
    return request_.path + '/' + name;
  }

  absl::Status Lock() {
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         NamesIn(*files_, request_.path, "data folder"));
    if (std::find(names.begin(), names.end(), "CURRENT") == names.end()) {
      return Refused(" holds no store");
    }
    auto lock = FolderLock::Take(request_.path);
    if (lock.ok()) {
      lock_ = *std::move(lock);
      return absl::OkStatus();
    }
    report_.served = absl::IsFailedPrecondition(lock.status());
    if (report_.served && request_.to == RekeyTo::kCurrentKey) {
      return absl::OkStatus();
    }
    return lock.status();
  }

  absl::StatusOr<std::vector<std::string>> DataFiles() const {
    RTG_ASSIGN_OR_RETURN(std::vector<std::string> names, folder_.Names());
    std::erase_if(names, [](const auto& name) { return !IsDataFile(name); });
    std::sort(names.begin(), names.end());
    return names;
  }

  // Nothing: it is not there any more.
  absl::StatusOr<std::optional<FileBegin>> Begin(const std::string& name) {
    FileBegin begin;
    const IOStatus read = ReadFileBegin(*files_, PathOf(name), &begin);
    if (read.IsPathNotFound() || read.IsNotFound()) {
      return std::optional<FileBegin>();
    }
    RTG_RETURN_IF_ERROR(FromRocks(read, "while reading " + name));
    return std::optional<FileBegin>(std::move(begin));
  }

  absl::StatusOr<OpenedPrefix> Open(const std::string& name,
                                    const FileBegin& begin) const {
    absl::StatusOr<OpenedPrefix> opened = OpenPrefix(begin.prefix, *keys_);
    if (opened.ok()) return opened;
    return absl::Status(opened.status().code(),
                        "data folder " + request_.path + ": file " + name +
                            ": " + std::string(opened.status().message()));
  }

  // ---- Wrapped again -------------------------------------------------------

  absl::Status WrapAll() {
    // It says what is wrong with the keys.
    RTG_RETURN_IF_ERROR(
        FilesOfStore(files_, request_.path, request_.keys, StoreIs::kThere)
            .status());
    RTG_ASSIGN_OR_RETURN(StoreEncryption encryption,
                         ReadStoreEncryption(*files_, request_.path));
    const MasterKey& current = keys_->current();
    if (encryption.mode == EncryptionMode::kPlain) {
      return Refused(
          " is not encrypted; `roentgen rekey --encrypt` encrypts it");
    }
    if (report_.served && !encryption.checks.contains(current.id())) {
      return Refused(" is open in a server that does not know master key '" +
                     current.id() + "' yet: give it that key first");
    }
    if (!report_.served) {
      encryption.checks[current.id()] = current.check();
      RTG_RETURN_IF_ERROR(
          WriteStoreEncryption(*files_, request_.path, encryption));
    }
    for (int round = 0; round < limits::kRekeyRoundsMax; ++round) {
      RTG_ASSIGN_OR_RETURN(const bool any, WrapOnce());
      if (!any) break;
    }
    if (report_.served || report_.needed.size() != 1) return absl::OkStatus();
    // The others may be forgotten.
    std::erase_if(encryption.checks, [&](const auto& key) {
      return !report_.needed.contains(key.first);
    });
    return WriteStoreEncryption(*files_, request_.path, encryption);
  }

  // Whether there was any to wrap: more may have come meanwhile.
  absl::StatusOr<bool> WrapOnce() {
    const uint64_t changed = report_.changed;
    report_.files = 0;
    report_.needed.clear();
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, DataFiles());
    for (const std::string& name : names) {
      RTG_ASSIGN_OR_RETURN(const std::optional<FileBegin> begin, Begin(name));
      if (!begin || begin->kind != PrefixKind::kEncrypted) continue;
      RTG_ASSIGN_OR_RETURN(const OpenedPrefix opened, Open(name, *begin));
      ++report_.files;
      RTG_RETURN_IF_ERROR(Wrap(name, opened));
      report_.needed.insert(keys_->current().id());
    }
    return changed != report_.changed;
  }

  // One slot after the other, so that one of them is whole at any time.
  absl::Status Wrap(const std::string& name, const OpenedPrefix& opened) {
    const std::string& current = keys_->current().id();
    std::unique_ptr<rocksdb::FSRandomRWFile> file;
    for (const int slot : {1 - opened.slot, opened.slot}) {
      if (opened.key_ids[static_cast<size_t>(slot)] == current) continue;
      if (file == nullptr) {
        const IOStatus found =
            files_->NewRandomRWFile(PathOf(name), {}, &file, nullptr);
        if (found.IsPathNotFound() || found.IsNotFound()) {
          return absl::OkStatus();
        }
        RTG_RETURN_IF_ERROR(FromRocks(found, "while opening " + name));
        ++report_.changed;
      }
      RTG_RETURN_IF_ERROR(FromRocks(
          file->Write(
              OffsetOfSlot(slot),
              MakeSlot(opened.key, keys_->current(), opened.generation + 1),
              IOOptions(), nullptr),
          "while wrapping the key of " + name));
      RTG_RETURN_IF_ERROR(FromRocks(file->Fsync(IOOptions(), nullptr),
                                    "while syncing " + name));
      RTG_CRASH_POINT("rekey_slot");
    }
    if (file == nullptr) return absl::OkStatus();
    return FromRocks(file->Close(IOOptions(), nullptr),
                     "while closing " + name);
  }

  // ---- Written again -------------------------------------------------------

  absl::Status WriteAll() {
    const bool encrypt = request_.to == RekeyTo::kEncrypted;
    RTG_RETURN_IF_ERROR(BeginWriting(encrypt));
    RTG_CRASH_POINT("rekey_begun");
    RTG_RETURN_IF_ERROR(RemoveLeftovers());
    const MasterKey& current = keys_->current();
    // No file is made before what is to be known of the key is written.
    EncryptedFiles encrypted(files_, request_.keys,
                             [](const MasterKey&) { return absl::OkStatus(); });
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, DataFiles());
    for (const std::string& name : names) {
      RTG_ASSIGN_OR_RETURN(const std::optional<FileBegin> begin, Begin(name));
      if (!begin || begin->size == 0) continue;
      ++report_.files;
      if (begin->kind == PrefixKind::kEncrypted) {
        RTG_ASSIGN_OR_RETURN(const OpenedPrefix opened, Open(name, *begin));
        const std::string& id =
            opened.key_ids[static_cast<size_t>(opened.slot)];
        if (encrypt) report_.needed.insert(id);
      } else if (encrypt) {
        report_.needed.insert(current.id());
      }
      // What a power cut left of a file that has no bytes becomes one.
      const bool is_plain = begin->kind == PrefixKind::kPlain;
      if (is_plain != encrypt) continue;
      RTG_RETURN_IF_ERROR(encrypt ? Copy(name, *files_, encrypted)
                                  : Copy(name, encrypted, *files_));
      ++report_.changed;
      RTG_CRASH_POINT("rekey_file");
    }
    RTG_RETURN_IF_ERROR(folder_.Sync());
    RTG_CRASH_POINT("rekey_synced");
    StoreEncryption done;
    if (encrypt) {
      done.mode = EncryptionMode::kOn;
      report_.needed.insert(current.id());
      for (const std::string& id : report_.needed) {
        done.checks[id] = keys_->Find(id)->check();
      }
    }
    return WriteStoreEncryption(*files_, request_.path, done);
  }

  // From here on it is said to be half done.
  absl::Status BeginWriting(bool encrypt) {
    absl::StatusOr<StoreEncryption> known =
        ReadStoreEncryption(*files_, request_.path);
    // What it said is made again of what the files say.
    if (absl::IsDataLoss(known.status())) known = StoreEncryption();
    RTG_RETURN_IF_ERROR(known.status());
    for (const auto& [id, check] : known->checks) {
      const MasterKey* key = keys_->Find(id);
      if (key == nullptr || key->check() == check) continue;
      return Refused(" is encrypted with another master key '" + id +
                     "' than the one that is given");
    }
    // Nothing is changed where one of its files does not open.
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, DataFiles());
    for (const std::string& name : names) {
      RTG_ASSIGN_OR_RETURN(const std::optional<FileBegin> begin, Begin(name));
      if (!begin || begin->kind != PrefixKind::kEncrypted) continue;
      RTG_RETURN_IF_ERROR(Open(name, *begin).status());
    }
    known->mode =
        encrypt ? EncryptionMode::kTurningOn : EncryptionMode::kTurningOff;
    known->checks[keys_->current().id()] = keys_->current().check();
    return WriteStoreEncryption(*files_, request_.path, *known);
  }

  absl::Status RemoveLeftovers() const {
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder_.Names());
    for (const std::string& name : names) {
      if (name.ends_with(kUnfinished))
        RTG_RETURN_IF_ERROR(folder_.Remove(name));
    }
    // Links to the files as they were.
    return StoreBackups(files_, request_.path, SystemClock()).RemoveLeftovers();
  }

  absl::Status Copy(const std::string& name, rocksdb::FileSystem& from,
                    rocksdb::FileSystem& to) const {
    const std::string aside = name + std::string(kUnfinished);
    std::unique_ptr<rocksdb::FSWritableFile> file;
    RTG_RETURN_IF_ERROR(
        FromRocks(to.NewWritableFile(PathOf(aside), {}, &file, nullptr),
                  "while making " + aside));
    RTG_RETURN_IF_ERROR(
        ReadParts(from, PathOf(name), [&](std::string_view part) {
          return FromRocks(file->Append(ToSlice(part), IOOptions(), nullptr),
                           "while writing " + aside);
        }));
    RTG_RETURN_IF_ERROR(
        FromRocks(file->Sync(IOOptions(), nullptr), "while syncing " + aside));
    RTG_RETURN_IF_ERROR(
        FromRocks(file->Close(IOOptions(), nullptr), "while closing " + aside));
    RTG_CRASH_POINT("rekey_copied");
    return folder_.Rename(aside, name);
  }

  const RekeyRequest& request_;
  const std::shared_ptr<rocksdb::FileSystem> files_;
  const StoreFolder folder_;
  std::shared_ptr<const MasterKeySet> keys_;
  std::unique_ptr<FolderLock> lock_;  // Null: the store is open elsewhere.
  RekeyReport report_;
};

}  // namespace

absl::StatusOr<RekeyReport> RekeyStore(const RekeyRequest& request) {
  return Rekey(request).Run();
}

}  // namespace roentgen::storage
