#include "storage/files/store_encryption.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/digest.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "storage/files/encrypted_files.h"
#include "storage/files/key_change.h"
#include "storage/files/rocks_status.h"
#include "storage/files/store_folder.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

constexpr std::string_view kFirstLine = "roentgen encryption 1\n";
constexpr size_t kSumChars = 16;

constexpr std::array<std::pair<EncryptionMode, std::string_view>, 3> kModes = {
    {{EncryptionMode::kTurningOn, "turning-on"},
     {EncryptionMode::kOn, "on"},
     {EncryptionMode::kTurningOff, "turning-off"}}};

std::string SumOf(std::string_view text) {
  return Hex(Sha256(text)).substr(0, kSumChars);
}

std::string Encode(const StoreEncryption& encryption) {
  std::string text(kFirstLine);
  for (const auto& [mode, name] : kModes) {
    if (mode == encryption.mode) text += "mode " + std::string(name) + '\n';
  }
  for (const auto& [id, check] : encryption.checks) {
    text += "key " + id + ' ' + check + '\n';
  }
  return text + "sum " + SumOf(text) + '\n';
}

std::optional<StoreEncryption> Decode(std::string_view text) {
  const size_t sum = text.rfind("sum ");
  if (sum == text.npos || !text.starts_with(kFirstLine) ||
      text.substr(sum) != "sum " + SumOf(text.substr(0, sum)) + '\n') {
    return std::nullopt;
  }
  StoreEncryption out;
  const std::string body(
      text.substr(kFirstLine.size(), sum - kFirstLine.size()));
  for (const auto line : absl::StrSplit(body, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "mode" && words.size() == 2) {
      for (const auto& [mode, name] : kModes) {
        if (name == words[1]) out.mode = mode;
      }
    } else if (words[0] == "key" && words.size() == 3) {
      out.checks[words[1]] = words[2];
    } else {
      return std::nullopt;
    }
  }
  if (out.mode == EncryptionMode::kPlain) return std::nullopt;
  return out;
}

absl::StatusOr<bool> IsThere(rocksdb::FileSystem& files,
                             const std::string& path) {
  const rocksdb::IOStatus there = files.FileExists(path, IOOptions(), nullptr);
  if (there.IsNotFound()) return false;
  RTG_RETURN_IF_ERROR(FromRocks(there, "while looking at " + path));
  return true;
}

absl::Status Refused(const std::string& path, const std::string& why) {
  return absl::FailedPreconditionError("data folder " + path + why);
}

absl::Status CheckIds(const std::string& path,
                      const StoreEncryption& encryption,
                      const MasterKeySet& keys) {
  for (const MasterKey& key : keys.keys()) {
    const auto known = encryption.checks.find(key.id());
    if (known == encryption.checks.end() || known->second == key.check()) {
      continue;
    }
    return Refused(path, " is encrypted with another master key '" + key.id() +
                             "' than the one that is given");
  }
  return absl::OkStatus();
}

// What is to be known of a key before a file is encrypted under it. One at a
// time: the file that it writes has one name.
absl::Status NoteKey(rocksdb::FileSystem& files, const std::string& path,
                     const MasterKey& key) {
  static Mutex mu;
  MutexLock lock(mu);
  RTG_ASSIGN_OR_RETURN(StoreEncryption encryption,
                       ReadStoreEncryption(files, path));
  std::string& check = encryption.checks[key.id()];
  if (check == key.check()) return absl::OkStatus();
  if (!check.empty()) {
    return Refused(path, " knows another master key '" + key.id() + "'");
  }
  check = key.check();
  return WriteStoreEncryption(files, path, encryption);
}

absl::StatusOr<std::shared_ptr<rocksdb::FileSystem>> PlainFiles(
    std::shared_ptr<rocksdb::FileSystem> files, const std::string& path,
    bool keys_given) {
  FileBegin current;
  RTG_ASSIGN_OR_RETURN(const bool has_current,
                       IsThere(*files, path + "/CURRENT"));
  if (has_current) {
    RTG_RETURN_IF_ERROR(
        FromRocks(ReadFileBegin(*files, path + "/CURRENT", &current),
                  "while reading CURRENT of data folder " + path));
  }
  if (current.kind == PrefixKind::kEncrypted) {
    return Refused(path,
                   " is encrypted, but its file ENCRYPTION is missing; "
                   "`roentgen rekey --encrypt` makes it again");
  }
  if (keys_given) {
    return Refused(path,
                   " is not encrypted, but master keys are given; `roentgen "
                   "rekey --encrypt` encrypts it");
  }
  return files;
}

absl::Status WithoutKeys(const std::string& path,
                         const StoreEncryption& encryption) {
  std::string ids;
  for (const auto& [id, check] : encryption.checks) {
    ids += (ids.empty() ? "'" : ", '") + id + "'";
  }
  return Refused(path,
                 " is encrypted with the master keys " + ids +
                     ", and no key is given: set encryption.keys_file, "
                     "encryption.key_command or ROENTGEN_ENCRYPTION_KEYS");
}

absl::Status HalfDone(const std::string& path, EncryptionMode mode) {
  const std::string how =
      mode == EncryptionMode::kTurningOn ? "--encrypt" : "--decrypt";
  return Refused(path, " is encrypted in part: `roentgen rekey " + how +
                           "` did not end; run it again");
}

}  // namespace

absl::StatusOr<StoreEncryption> ReadStoreEncryption(rocksdb::FileSystem& files,
                                                    const std::string& path) {
  RTG_ASSIGN_OR_RETURN(const bool there,
                       IsThere(files, path + '/' + kEncryptionFile));
  if (!there) return StoreEncryption();
  RTG_ASSIGN_OR_RETURN(const std::string text,
                       StoreFolder(files, path).Read(kEncryptionFile));
  std::optional<StoreEncryption> encryption = Decode(text);
  if (encryption) return *std::move(encryption);
  return absl::DataLossError("file " + std::string(kEncryptionFile) +
                             " of data folder " + path +
                             " is damaged; `roentgen rekey --encrypt` makes it "
                             "again of what its files say");
}

absl::Status WriteStoreEncryption(rocksdb::FileSystem& files,
                                  const std::string& path,
                                  const StoreEncryption& encryption) {
  const StoreFolder folder(files, path);
  if (encryption.mode == EncryptionMode::kPlain) {
    RTG_ASSIGN_OR_RETURN(const bool there,
                         IsThere(files, path + '/' + kEncryptionFile));
    if (there) RTG_RETURN_IF_ERROR(folder.Remove(kEncryptionFile));
    return folder.Sync();
  }
  RTG_RETURN_IF_ERROR(folder.Write(kNewEncryptionFile, Encode(encryption)));
  RTG_RETURN_IF_ERROR(folder.Rename(kNewEncryptionFile, kEncryptionFile));
  return folder.Sync();
}

bool IsDataFile(std::string_view name) {
  return name == "CURRENT" || name == "IDENTITY" || name.ends_with(".sst") ||
         name.ends_with(".log") || name.ends_with(".cut") ||
         name.ends_with(".dbtmp") || name.starts_with("MANIFEST-") ||
         name.starts_with("OPTIONS-");
}

absl::Status CheckMasterKeys(rocksdb::FileSystem& files,
                             const std::string& path,
                             const StoreEncryption& encryption,
                             const MasterKeySet& keys) {
  RTG_RETURN_IF_ERROR(CheckIds(path, encryption, keys));
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                       StoreFolder(files, path).Names());
  for (const std::string& name : names) {
    if (!IsDataFile(name)) continue;
    FileBegin begin;
    const rocksdb::IOStatus read =
        ReadFileBegin(files, path + '/' + name, &begin);
    // It went meanwhile; or whoever needs it says that it does not read.
    if (!read.ok() || begin.kind == PrefixKind::kEmpty) continue;
    if (begin.kind == PrefixKind::kPlain) {
      // Zeros are what is left of a prefix, not what a file begins with.
      if (begin.prefix.find_first_not_of('\0') == std::string::npos) continue;
      return Refused(path, " is encrypted, but its file " + name +
                               " is not, or its prefix is damaged");
    }
    const absl::Status opened = OpenPrefix(begin.prefix, keys).status();
    if (absl::IsFailedPrecondition(opened)) {
      return Refused(path,
                     ": file " + name + ": " + std::string(opened.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<rocksdb::FileSystem>> FilesOfStore(
    std::shared_ptr<rocksdb::FileSystem> files, const std::string& path,
    std::shared_ptr<const MasterKeys> keys, StoreIs is) {
  if (files == nullptr) files = rocksdb::FileSystem::Default();
  RTG_ASSIGN_OR_RETURN(StoreEncryption encryption,
                       ReadStoreEncryption(*files, path));
  if (encryption.mode == EncryptionMode::kPlain && is == StoreIs::kThere) {
    return PlainFiles(std::move(files), path, keys != nullptr);
  }
  if (encryption.mode == EncryptionMode::kPlain) {
    if (keys == nullptr) return files;
    const std::shared_ptr<const MasterKeySet> set = keys->Get();
    encryption.mode = EncryptionMode::kOn;
    encryption.checks[set->current().id()] = set->current().check();
    RTG_RETURN_IF_ERROR(WriteStoreEncryption(*files, path, encryption));
  }
  if (encryption.mode != EncryptionMode::kOn) {
    return HalfDone(path, encryption.mode);
  }
  if (keys == nullptr) return WithoutKeys(path, encryption);
  RTG_RETURN_IF_ERROR(CheckMasterKeys(*files, path, encryption, *keys->Get()));
  const auto adopt = [files, path](const MasterKey& key) {
    return NoteKey(*files, path, key);
  };
  return std::make_shared<EncryptedFiles>(files, std::move(keys), adopt);
}

absl::Status ChangeMasterKeys(const std::string& path, MasterKeys& keys,
                              std::shared_ptr<const MasterKeySet> next) {
  const std::shared_ptr<rocksdb::FileSystem> files =
      rocksdb::FileSystem::Default();
  RTG_ASSIGN_OR_RETURN(const StoreEncryption encryption,
                       ReadStoreEncryption(*files, path));
  RTG_RETURN_IF_ERROR(CheckMasterKeys(*files, path, encryption, *next));
  RTG_RETURN_IF_ERROR(NoteKey(*files, path, next->current()));
  keys.Put(std::move(next));
  return absl::OkStatus();
}

}  // namespace roentgen::storage
