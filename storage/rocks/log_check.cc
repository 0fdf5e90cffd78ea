#include "storage/rocks/log_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "rocksdb/write_batch.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/log_file.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;
using rocksdb::Slice;
using rocksdb::Status;

constexpr std::string_view kCutEnding = ".cut";
constexpr std::string_view kLogEnding = ".log";

// Whether somebody waited for a batch. Of what nobody waits for, nothing has a
// commit, and in the default family no key but the marks changes.
class AwaitedWrites : public rocksdb::WriteBatch::Handler {
 public:
  bool found() const { return found_; }

  Status PutCF(uint32_t family, const Slice& key, const Slice& value) override {
    // Of which family the log is, only RocksDB knows. A key that is as long and
    // whose value is a commit is taken for one.
    Look(family, key);
    found_ = found_ || (ParseLogKey(FromSlice(key)) &&
                        DecodeCommit(FromSlice(value)).ok());
    return Status::OK();
  }
  Status DeleteCF(uint32_t family, const Slice& key) override {
    Look(family, key);
    return Status::OK();
  }
  Status SingleDeleteCF(uint32_t family, const Slice& key) override {
    Look(family, key);
    return Status::OK();
  }
  Status MergeCF(uint32_t family, const Slice& key, const Slice&) override {
    Look(family, key);
    return Status::OK();
  }
  Status DeleteRangeCF(uint32_t family, const Slice& begin,
                       const Slice&) override {
    Look(family, begin);
    return Status::OK();
  }

 private:
  void Look(uint32_t family, const Slice& key) {
    found_ = found_ || (family == 0 && FromSlice(key) != kMarksKey);
  }

  bool found_ = false;
};

bool IsAwaited(std::string_view record) {
  const rocksdb::WriteBatch batch{std::string(record)};
  AwaitedWrites writes;
  return !batch.Iterate(&writes).ok() || writes.found();
}

class LogFolder {
 public:
  LogFolder(rocksdb::FileSystem& files, const std::string& path)
      : files_(files), path_(path) {}

  // Numbers of the log's files, ascending.
  absl::StatusOr<std::vector<std::string>> Names() const {
    std::vector<std::string> children, names;
    RTG_RETURN_IF_ERROR(
        FromRocks(files_.GetChildren(path_, IOOptions(), &children, nullptr),
                  "data folder " + path_));
    for (std::string& name : children) {
      const std::string_view number =
          std::string_view(name).substr(0, name.find('.'));
      if (name.ends_with(kLogEnding) && !number.empty() &&
          number.size() + kLogEnding.size() == name.size() &&
          number.find_first_not_of("0123456789") == number.npos) {
        names.push_back(std::move(name));
      }
    }
    // Longer numbers are greater: RocksDB fills up to six digits.
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
      return std::pair(a.size(), std::string_view(a)) <
             std::pair(b.size(), std::string_view(b));
    });
    return names;
  }

  absl::StatusOr<std::string> Read(const std::string& name) const {
    constexpr size_t kReadBytes = 1 << 20;
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    RTG_RETURN_IF_ERROR(
        FromRocks(files_.NewSequentialFile(PathOf(name), {}, &file, nullptr),
                  "while opening " + name));
    std::string bytes;
    std::string buffer(kReadBytes, '\0');
    while (true) {
      Slice part;
      RTG_RETURN_IF_ERROR(FromRocks(
          file->Read(buffer.size(), IOOptions(), &part, buffer.data(), nullptr),
          "while reading " + name));
      if (part.empty()) return bytes;
      bytes.append(part.data(), part.size());
    }
  }

  // What is behind the first `whole` bytes goes to another file. A crash
  // meanwhile leaves the file as it was.
  absl::Status Cut(const std::string& name, std::string_view bytes,
                   uint64_t whole) const {
    RTG_RETURN_IF_ERROR(
        Write(name + std::string(kCutEnding), bytes.substr(whole)));
    const std::string part = name.substr(0, name.find('.')) + ".dbtmp";
    RTG_RETURN_IF_ERROR(Write(part, bytes.substr(0, whole)));
    RTG_RETURN_IF_ERROR(FromRocks(
        files_.RenameFile(PathOf(part), PathOf(name), IOOptions(), nullptr),
        "while cutting " + name));
    return SyncFolder();
  }

  absl::Status RemoveOldCuts() const {
    std::vector<std::string> children;
    RTG_RETURN_IF_ERROR(
        FromRocks(files_.GetChildren(path_, IOOptions(), &children, nullptr),
                  "data folder " + path_));
    for (const std::string& name : children) {
      if (!name.ends_with(kCutEnding)) continue;
      RTG_RETURN_IF_ERROR(
          FromRocks(files_.DeleteFile(PathOf(name), IOOptions(), nullptr),
                    "while removing " + name));
    }
    return absl::OkStatus();
  }

 private:
  std::string PathOf(const std::string& name) const {
    return path_ + "/" + name;
  }

  absl::Status Write(const std::string& name, std::string_view bytes) const {
    const std::string doing = "while writing " + name;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    RTG_RETURN_IF_ERROR(FromRocks(
        files_.NewWritableFile(PathOf(name), {}, &file, nullptr), doing));
    RTG_RETURN_IF_ERROR(
        FromRocks(file->Append(ToSlice(bytes), IOOptions(), nullptr), doing));
    RTG_RETURN_IF_ERROR(FromRocks(file->Sync(IOOptions(), nullptr), doing));
    return FromRocks(file->Close(IOOptions(), nullptr), doing);
  }

  absl::Status SyncFolder() const {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    RTG_RETURN_IF_ERROR(
        FromRocks(files_.NewDirectory(path_, IOOptions(), &folder, nullptr),
                  "data folder " + path_));
    return FromRocks(folder->Fsync(IOOptions(), nullptr),
                     "data folder " + path_);
  }

  rocksdb::FileSystem& files_;
  const std::string& path_;
};

absl::Status Damaged(const std::string& name, const LogFileState& state,
                     bool awaited_behind) {
  return absl::DataLossError(
      "log file " + name + " is damaged at byte " +
      std::to_string(state.whole) +
      (awaited_behind
           ? ", before writes that were acknowledged"
           : ", where a single bit is wrong, which no power cut leaves"));
}

}  // namespace

absl::Status CheckLogFiles(rocksdb::FileSystem& files,
                           const std::string& path) {
  const LogFolder folder(files, path);
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.Names());
  size_t damaged = names.size();  // The first one.
  LogFileState damage;
  for (size_t i = 0; i < names.size(); ++i) {
    RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(names[i]));
    const LogFileState state = ReadLogFile(bytes, IsAwaited);
    if (damaged < i && (state.noted || state.noted_behind)) {
      return Damaged(names[damaged], damage, true);
    }
    if (damaged == names.size() && state.whole < bytes.size()) {
      if (state.noted_behind || state.bit_turned) {
        return Damaged(names[i], state, state.noted_behind);
      }
      damaged = i;
      damage = state;
    }
  }
  if (damaged == names.size()) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(folder.RemoveOldCuts());
  // From the end: a crash meanwhile must not leave a hole.
  for (size_t i = names.size(); i-- > damaged;) {
    RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(names[i]));
    const uint64_t whole = i == damaged ? damage.whole : 0;
    if (bytes.size() == whole) continue;
    LogWarn(
        "the log ends in writes that were never synced, they are cut off",
        {{"file", names[i]}, {"at", whole}, {"bytes", bytes.size() - whole}});
    RTG_RETURN_IF_ERROR(folder.Cut(names[i], bytes, whole));
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage
