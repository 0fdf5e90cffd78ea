#include "storage/rocks/log_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "rocksdb/write_batch.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/log_file.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

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

// Goes through the records of the log, in their order. Behind damage there may
// be bytes of a document that look like a record: those are told by their
// numbers, which go on where the last whole record left off.
class AwaitedRecords {
 public:
  // `bytes`: more of the log is looked at. Each entry of a batch takes some.
  void Extend(size_t bytes) { bytes_ += bytes; }

  bool operator()(std::string_view record) {
    uint64_t first = 0;
    if (record.size() < kHeaderBytes || !ByteReader(record).Fixed64(first)) {
      return false;
    }
    if (next_ != 0 && (first < next_ || first - next_ > bytes_)) return false;
    const rocksdb::WriteBatch batch{std::string(record)};
    next_ = first + batch.Count();
    AwaitedWrites writes;
    return !batch.Iterate(&writes).ok() || writes.found();
  }

 private:
  // A batch begins with the number of its first entry, eight bytes with the
  // lowest first, and their count, four bytes.
  static constexpr size_t kHeaderBytes = 12;

  uint64_t next_ = 0;  // 0: no record was whole yet.
  uint64_t bytes_ = 0;
};

// Names of the log's files, in the order of their numbers.
absl::StatusOr<std::vector<std::string>> LogsIn(const StoreFolder& folder) {
  RTG_ASSIGN_OR_RETURN(std::vector<std::string> names, folder.Names());
  std::erase_if(names, [](const std::string& name) {
    const std::string_view number =
        std::string_view(name).substr(0, name.find('.'));
    return !name.ends_with(kLogEnding) || number.empty() ||
           number.size() + kLogEnding.size() != name.size() ||
           number.find_first_not_of("0123456789") != number.npos;
  });
  // Longer numbers are greater: RocksDB fills up to six digits.
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), std::string_view(a)) <
           std::pair(b.size(), std::string_view(b));
  });
  return names;
}

absl::Status RemoveOldCuts(const StoreFolder& folder) {
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.Names());
  for (const std::string& name : names) {
    if (!name.ends_with(kCutEnding)) continue;
    RTG_RETURN_IF_ERROR(folder.Remove(name));
  }
  return absl::OkStatus();
}

// What is behind the first `whole` bytes goes to another file. A crash
// meanwhile leaves the file as it was.
absl::Status Cut(const StoreFolder& folder, const std::string& name,
                 std::string_view bytes, uint64_t whole) {
  RTG_RETURN_IF_ERROR(
      folder.Write(name + std::string(kCutEnding), bytes.substr(whole)));
  const std::string part = name.substr(0, name.find('.')) + ".dbtmp";
  RTG_RETURN_IF_ERROR(folder.Write(part, bytes.substr(0, whole)));
  RTG_RETURN_IF_ERROR(folder.Rename(part, name));
  return folder.Sync();
}

absl::Status Damaged(const std::string& name, const LogFileState& state,
                     bool awaited_behind) {
  return absl::DataLossError(
      "log file " + name + " is damaged at byte " +
      std::to_string(state.whole) +
      (awaited_behind
           ? ", before writes that were acknowledged"
           : ", where a single bit is wrong, which no power cut leaves"));
}

// Where the end that may be cut off begins.
struct DamagedEnd {
  size_t file = 0;  // Among the names; what comes after it goes, too.
  uint64_t whole = 0;
};

absl::StatusOr<std::optional<DamagedEnd>> FindDamage(
    const StoreFolder& folder, const std::vector<std::string>& names) {
  size_t damaged = names.size();  // The first one.
  LogFileState damage;
  AwaitedRecords awaited;
  for (size_t i = 0; i < names.size(); ++i) {
    RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(names[i]));
    awaited.Extend(bytes.size());
    const LogFileState state = ReadLogFile(bytes, std::ref(awaited));
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
  if (damaged == names.size()) return std::optional<DamagedEnd>();
  return std::optional<DamagedEnd>({.file = damaged, .whole = damage.whole});
}

}  // namespace

absl::Status CheckManifest(rocksdb::FileSystem& files,
                           const std::string& path) {
  const StoreFolder folder(files, path);
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.Names());
  RTG_ASSIGN_OR_RETURN(std::string name, folder.Read("CURRENT"));
  if (!name.empty() && name.back() == '\n') name.pop_back();
  if (!name.starts_with("MANIFEST-") ||
      std::find(names.begin(), names.end(), name) == names.end()) {
    return absl::DataLossError(
        "file CURRENT of data folder " + path +
        " is damaged: it names no MANIFEST that is there");
  }
  RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(name));
  // It has the same format. A crash may tear its end, which no table needs.
  const LogFileState state =
      ReadLogFile(bytes, [](std::string_view) { return true; });
  if (!state.bit_turned && !state.noted_behind) return absl::OkStatus();
  return absl::DataLossError("file " + name + " of data folder " + path +
                             " is damaged at byte " +
                             std::to_string(state.whole));
}

absl::StatusOr<bool> EndsInDamage(rocksdb::FileSystem& files,
                                  const std::string& path) {
  const StoreFolder folder(files, path);
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, LogsIn(folder));
  RTG_ASSIGN_OR_RETURN(const auto damage, FindDamage(folder, names));
  return damage.has_value();
}

absl::Status CheckLogFiles(rocksdb::FileSystem& files,
                           const std::string& path) {
  const StoreFolder folder(files, path);
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, LogsIn(folder));
  RTG_ASSIGN_OR_RETURN(const auto damage, FindDamage(folder, names));
  if (!damage) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(RemoveOldCuts(folder));
  // From the end: a crash meanwhile must not leave a hole.
  for (size_t i = names.size(); i-- > damage->file;) {
    RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(names[i]));
    const uint64_t whole = i == damage->file ? damage->whole : 0;
    if (bytes.size() == whole) continue;
    LogWarn(
        "the log ends in what was not synced, or is damaged; it is cut off",
        {{"file", names[i]}, {"at", whole}, {"bytes", bytes.size() - whole}});
    RTG_RETURN_IF_ERROR(Cut(folder, names[i], bytes, whole));
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage
