#include "storage/rocks/salvage.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "rocksdb/metadata.h"
#include "rocksdb/write_batch.h"
#include "storage/files/store_encryption.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/folder_lock.h"
#include "storage/rocks/log_file.h"
#include "storage/rocks/roll_up_store.h"
#include "storage/rocks/table_salvage.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using rocksdb::Slice;
using rocksdb::Status;

constexpr char kPlaces[] = "places";
constexpr char kBatches[] = "batches";
constexpr char kLost[] = "lost";

std::optional<BucketId> BucketOf(std::string_view family) {
  BucketId id = 0;
  const char* const end = family.data() + family.size();
  const auto read = std::from_chars(family.data() + 4, end, id);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return id;
}

bool IsOfMeta(std::string_view key) {
  return key == kFormatKey || key == kMarksKey ||
         key.starts_with(kBucketPrefix) || key.starts_with(kSettingPrefix);
}

// Which family an entry is of that does not say it.
std::string GuessFamily(std::string_view key, std::string_view value) {
  if (IsOfMeta(key)) return rocksdb::kDefaultColumnFamilyName;
  if (ParseLogKey(key) && DecodeCommit(value).ok()) return kLogFamily;
  if (key.size() == 16 && DecodeLocator(value)) return LocatorFamily(0);
  return BatchFamily(0);
}

std::vector<std::string> WithEnding(const std::vector<std::string>& names,
                                    std::string_view ending) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const std::string_view number =
        std::string_view(name).substr(0, name.find('.'));
    if (name.ends_with(ending) && !number.empty() &&
        number.size() + ending.size() == name.size() &&
        number.find_first_not_of("0123456789") == number.npos) {
      out.push_back(name);
    }
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), std::string_view(a)) <
           std::pair(b.size(), std::string_view(b));
  });
  return out;
}

}  // namespace

class Collector {
 public:
  // `files`: through which those of the damaged store are read.
  Collector(const RocksEngineOptions& damaged,
            std::shared_ptr<rocksdb::FileSystem> files, Salvage& into,
            const std::function<void(RepairNote)>& tell)
      : damaged_(damaged),
        files_(std::move(files)),
        env_(rocksdb::NewCompositeEnv(files_)),
        into_(into),
        tell_(tell) {}

  absl::Status Run() {
    const StoreFolder folder(*files_, damaged_.path);
    RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names, folder.Names());
    const std::vector<std::string> tables = WithEnding(names, ".sst");
    const std::vector<std::string> logs = WithEnding(names, ".log");
    RTG_RETURN_IF_ERROR(Open(!tables.empty() || !logs.empty()));
    for (const std::string& name : tables) {
      RTG_RETURN_IF_ERROR(ReadTable(name));
    }
    NoteGone(tables);
    for (const std::string& name : logs) {
      RTG_ASSIGN_OR_RETURN(const std::string bytes, folder.Read(name));
      RTG_RETURN_IF_ERROR(ReadLog(name, bytes));
    }
    return into_.Flush();
  }

 private:
  // As far as RocksDB opens it; else what is there is all that is known.
  absl::Status Open(bool has_files) {
    absl::StatusOr<std::unique_ptr<RocksDb>> opened =
        RocksDb::Open({.path = damaged_.path,
                       .memtable_bytes = damaged_.memtable_bytes,
                       .cache_bytes = damaged_.cache_bytes / 2,
                       .merge = MakeRollUpMerge(),
                       .file_system = damaged_.file_system,
                       .keys = damaged_.keys,
                       .read_only = true,
                       .lenient = true});
    if (opened.ok()) {
      db_ = *std::move(opened);
      return UseOpened();
    }
    // That it is served is no damage.
    RTG_ASSIGN_OR_RETURN(lock_, FolderLock::Take(damaged_.path));
    if (!has_files) return opened.status();
    into_.is_whole_ = false;
    Tell(RepairNote::Kind::kDamage, damaged_.path,
         "the store does not open: " + std::string(opened.status().message()) +
             "; every file that is there is read, and what was deleted may be "
             "back");
    return absl::OkStatus();
  }

  absl::Status UseOpened() {
    std::vector<rocksdb::LiveFileMetaData> live;
    db_->db().GetLiveFilesMetaData(&live);
    live_.emplace();
    for (const auto& file : live) {
      const size_t slash = file.name.find_last_of('/');
      (*live_)[file.name.substr(slash == file.name.npos ? 0 : slash + 1)] =
          file.column_family_name;
    }
    for (const std::string& name : db_->UntakenFamilies()) {
      families_.push_back(db_->TakeFamily(name));
      ids_[families_.back()->get()->GetID()] = name;
    }
    for (const std::string& name :
         {std::string(rocksdb::kDefaultColumnFamilyName),
          std::string(kLogFamily)}) {
      RTG_RETURN_IF_ERROR(CopyFamily(name));
    }
    into_.is_meta_whole_ = copied_.contains(rocksdb::kDefaultColumnFamilyName);
    return absl::OkStatus();
  }

  // Of those in which keys are deleted: what a store that opens has counts.
  absl::Status CopyFamily(const std::string& name) {
    for (const auto& family : families_) {
      if (family->get()->GetName() != name) continue;
      const absl::Status copied =
          db_->ForEach(family->get(), {}, "while reading family " + name,
                       [&](std::string_view key, std::string_view value) {
                         return Take(name, key, value);
                       });
      // Damaged, or gone.
      if (absl::IsDataLoss(copied) || absl::IsUnavailable(copied)) {
        Tell(RepairNote::Kind::kDamage, name,
             std::string(copied.message()) +
                 "; what was deleted of it may be back");
        return absl::OkStatus();
      }
      RTG_RETURN_IF_ERROR(copied);
    }
    copied_.insert(name);
    return absl::OkStatus();
  }

  void NoteGone(const std::vector<std::string>& tables) {
    if (!live_) return;
    for (const auto& [name, family] : *live_) {
      if (std::find(tables.begin(), tables.end(), name) != tables.end()) {
        continue;
      }
      into_.is_whole_ = false;
      into_.has_gone_tables_ = true;
      Tell(RepairNote::Kind::kDamage, name,
           "it is gone, and all of family " + family + " that it had");
    }
  }

  absl::Status ReadTable(const std::string& name) {
    std::string family;
    if (live_) {
      const auto live = live_->find(name);
      if (live == live_->end()) return absl::OkStatus();
      family = live->second;
      if (copied_.contains(family)) return absl::OkStatus();
    }
    const auto damaged = [&](const absl::Status& status) {
      into_.is_whole_ = false;
      Tell(RepairNote::Kind::kDamage, name, std::string(status.message()));
    };
    const auto table = TableSalvage::Open(*env_, damaged_.path + "/" + name);
    if (!table.ok()) {
      into_.has_gone_tables_ = true;
      damaged(table.status());
      return absl::OkStatus();
    }
    if (family.empty()) family = (*table)->family();
    if (!family.empty()) ids_.emplace((*table)->family_id(), family);
    return (*table)->ForEach(
        [&](std::string_view key, std::string_view value) {
          return Take(family, key, value);
        },
        damaged);
  }

  absl::Status ReadLog(const std::string& name, std::string_view bytes) {
    const LogFileState state =
        ReadLogFile(bytes, [](std::string_view) { return true; });
    if (state.whole < bytes.size()) {
      if (state.bit_turned || state.noted_behind) {
        Tell(RepairNote::Kind::kDamage, name,
             "it is damaged at byte " + std::to_string(state.whole) +
                 "; what reads behind that is saved");
      } else {
        Tell(RepairNote::Kind::kRemark, name,
             "it ends in what was never synced, or is damaged from byte " +
                 std::to_string(state.whole) + " on");
      }
    }
    bytes_ += bytes.size();
    absl::Status status;
    ForEachLogRecord(bytes, [&](std::string_view record, bool behind) {
      if (status.ok()) status = ReadRecord(record, behind);
    });
    return status;
  }

  // Bytes of a document that look like a record have other numbers than those
  // that go on where the last whole record left off.
  absl::Status ReadRecord(std::string_view record, bool behind) {
    constexpr size_t kHeaderBytes = 12;
    uint64_t first = 0;
    if (record.size() < kHeaderBytes || !ByteReader(record).Fixed64(first) ||
        (behind && (first < next_ || first - next_ > bytes_))) {
      return absl::OkStatus();
    }
    const rocksdb::WriteBatch batch{std::string(record)};
    next_ = first + batch.Count();
    Entries entries(*this);
    const Status iterated = batch.Iterate(&entries);
    RTG_RETURN_IF_ERROR(entries.status);
    if (!iterated.ok()) {
      Tell(RepairNote::Kind::kDamage, "the log", iterated.ToString());
    }
    return absl::OkStatus();
  }

  class Entries : public rocksdb::WriteBatch::Handler {
   public:
    explicit Entries(Collector& collector) : collector_(collector) {}

    Status PutCF(uint32_t id, const Slice& key, const Slice& value) override {
      if (status.ok()) {
        status = collector_.TakeLogged(id, FromSlice(key), FromSlice(value));
      }
      return Status::OK();
    }
    Status DeleteCF(uint32_t id, const Slice& key) override {
      if (status.ok() && id == 0) {
        status = collector_.DropMeta(FromSlice(key));
      }
      return Status::OK();
    }
    Status SingleDeleteCF(uint32_t, const Slice&) override {
      return Status::OK();
    }
    // Roll-ups, which are made again.
    Status MergeCF(uint32_t, const Slice&, const Slice&) override {
      return Status::OK();
    }
    // What the log was trimmed by is sealed, if it still reads.
    Status DeleteRangeCF(uint32_t, const Slice&, const Slice&) override {
      return Status::OK();
    }

    absl::Status status;

   private:
    Collector& collector_;
  };

  absl::Status TakeLogged(uint32_t id, std::string_view key,
                          std::string_view value) {
    const auto known = ids_.find(id);
    // Of a family that was dropped.
    if (known == ids_.end() && live_) return absl::OkStatus();
    const std::string family = known != ids_.end() ? known->second
                               : id == 0 ? rocksdb::kDefaultColumnFamilyName
                                         : GuessFamily(key, value);
    if (copied_.contains(family)) return absl::OkStatus();
    return Take(family, key, value);
  }

  absl::Status DropMeta(std::string_view key) {
    if (copied_.contains(rocksdb::kDefaultColumnFamilyName)) {
      return absl::OkStatus();
    }
    into_.pending_.Delete(into_.meta(), ToSlice(key));
    return absl::OkStatus();
  }

  absl::Status Take(std::string_view family, std::string_view key,
                    std::string_view value) {
    if (family.empty()) return Take(GuessFamily(key, value), key, value);
    if (family == rocksdb::kDefaultColumnFamilyName) {
      if (key == kFormatKey && value != std::to_string(kStoreFormatVersion)) {
        return absl::FailedPreconditionError("data folder " + damaged_.path +
                                             " has store format " +
                                             std::string(value));
      }
      return into_.Put(into_.meta(), key, value);
    }
    if (family == kLogFamily) return into_.Put(into_.log(), key, value);
    const BucketId bucket = BucketOf(family).value_or(0);
    if (family.starts_with("loc-")) return TakeLocator(bucket, key, value);
    if (key.empty() || key[0] == kRollUpKind || key[0] == kOperationsKind) {
      return absl::OkStatus();
    }
    if (const auto batch = ParseBatchOfKey(key)) NoteBatch(*batch, bucket);
    return into_.Put(into_.batches(), key, value);
  }

  absl::Status TakeLocator(BucketId bucket, std::string_view key,
                           std::string_view value) {
    const auto place = DecodeLocator(value);
    if (!place || key.size() != 16) {
      Tell(RepairNote::Kind::kDamage, LocatorFamily(bucket),
           "a locator does not decode");
      return absl::OkStatus();
    }
    NoteBatch(place->batch, bucket);
    return into_.Put(into_.places(),
                     Salvage::PlaceKey(place->batch, place->ordinal, key),
                     value);
  }

  void NoteBatch(BatchId batch, BucketId bucket) {
    BucketId& known = into_.buckets_[batch];
    if (known == 0) known = bucket;
  }

  void Tell(RepairNote::Kind kind, std::string name, std::string text) {
    tell_({.kind = kind, .name = std::move(name), .text = std::move(text)});
  }

  const RocksEngineOptions& damaged_;
  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::unique_ptr<rocksdb::Env> env_;
  Salvage& into_;
  const std::function<void(RepairNote)>& tell_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<RocksDb> db_;
  std::vector<std::unique_ptr<Family>> families_;
  // Names of tables in use, and of what; nothing: nobody knows.
  std::optional<std::map<std::string, std::string>> live_;
  std::map<uint64_t, std::string> ids_;        // Of families, in the log.
  std::set<std::string, std::less<>> copied_;  // Families that were read whole.
  // Of the log: see ReadRecord.
  uint64_t next_ = 0;
  uint64_t bytes_ = 0;
};

absl::StatusOr<std::unique_ptr<Salvage>> Salvage::Collect(
    const RocksEngineOptions& damaged, const std::string& folder,
    const std::function<void(RepairNote)>& tell) {
  std::error_code error;
  if (!fs::is_directory(damaged.path, error)) {
    return absl::FailedPreconditionError("data folder " + damaged.path +
                                         " is not there");
  }
  if (fs::exists(folder, error)) {
    return absl::FailedPreconditionError(
        folder + " is there, maybe of a repair that did not end: remove it");
  }
  // What is not to be read without other keys is no damage.
  RTG_ASSIGN_OR_RETURN(std::shared_ptr<rocksdb::FileSystem> files,
                       FilesOfStore(damaged.file_system, damaged.path,
                                    damaged.keys, StoreIs::kThere));
  auto salvage = std::unique_ptr<Salvage>(new Salvage());
  RTG_ASSIGN_OR_RETURN(salvage->db_,
                       RocksDb::Open({.path = folder,
                                      .memtable_bytes = limits::kMemtableBytes,
                                      .cache_bytes = limits::kBlockCacheBytes,
                                      .file_system = damaged.file_system,
                                      .keys = damaged.keys}));
  salvage->folder_ = folder;
  RocksDb& db = *salvage->db_;
  salvage->meta_ = db.TakeFamily(rocksdb::kDefaultColumnFamilyName);
  RTG_ASSIGN_OR_RETURN(salvage->log_, db.CreateFamily(kLogFamily));
  RTG_ASSIGN_OR_RETURN(salvage->batches_, db.CreateFamily(kBatches));
  RTG_ASSIGN_OR_RETURN(salvage->places_, db.CreateFamily(kPlaces));
  RTG_ASSIGN_OR_RETURN(salvage->lost_, db.CreateFamily(kLost));
  RTG_RETURN_IF_ERROR(
      Collector(damaged, std::move(files), *salvage, tell).Run());
  return salvage;
}

Salvage::~Salvage() {
  pending_.Clear();
  meta_.reset();
  log_.reset();
  batches_.reset();
  places_.reset();
  lost_.reset();
  db_.reset();
  if (folder_.empty()) return;
  std::error_code ignored;  // It says so when it is made again.
  fs::remove_all(folder_, ignored);
}

absl::Status Salvage::Put(rocksdb::ColumnFamilyHandle* family,
                          std::string_view key, std::string_view value) {
  pending_.Put(family, ToSlice(key), ToSlice(value));
  return pending_.GetDataSize() < limits::kSealSyncBytes ? absl::OkStatus()
                                                         : Flush();
}

absl::Status Salvage::Flush() {
  RTG_RETURN_IF_ERROR(
      db_->Write(pending_, false, "while collecting what reads"));
  pending_.Clear();
  return absl::OkStatus();
}

std::string Salvage::PlaceKey(BatchId batch, uint32_t ordinal,
                              std::string_view trace_id) {
  std::string key = DeadKey(batch, ordinal).substr(1);
  key.append(trace_id);
  return key;
}

}  // namespace roentgen::storage
