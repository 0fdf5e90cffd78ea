#include "storage/rocks/rocks_db.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"
#include "storage/files/store_encryption.h"
#include "storage/files/store_folder.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/log_check.h"
#include "storage/rocks/rocks_logger.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options) {
  rocksdb::DBOptions db;
  db.max_background_jobs = 2;
  // A torn end is what a crash leaves; anything else is damage to report.
  db.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Files of the log that are missing, or shorter than they were.
  db.track_and_verify_wals_in_manifest = true;
  // As log_file.h reads them.
  db.recycle_log_file_num = 0;
  db.wal_compression = rocksdb::kNoCompression;
  // What a log of an earlier life has goes to tables at once: its files are in
  // no list of those that must be there, and after a sync that failed only the
  // system's cache may have them.
  db.avoid_flush_during_recovery = false;
  db.bytes_per_sync = 1 << 20;
  db.max_total_wal_size = options.memtable_bytes;
  db.db_write_buffer_size = options.memtable_bytes;
  db.info_log = MakeRocksLogger();
  db.stats_dump_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(
    const RocksOptions& options, std::shared_ptr<rocksdb::Cache> cache,
    bool locators) {
  rocksdb::ColumnFamilyOptions family;
  // Values are compressed by us, with a dictionary, once.
  family.compression = rocksdb::kNoCompression;
  family.compaction_style = rocksdb::kCompactionStyleUniversal;
  family.compaction_options_universal.size_ratio = 20;
  family.level0_file_num_compaction_trigger = 8;
  // Never rewrite a whole day to save a little space.
  family.compaction_options_universal.max_size_amplification_percent = 1000;
  family.write_buffer_size = options.memtable_bytes / 4;
  family.arena_block_size = 256 * 1024;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.block_size = 16 * 1024;
  if (locators) {
    // Ids do not compress, but what RocksDB puts beside each does.
    family.compression = rocksdb::kZSTD;
    // Most ids that are asked for are those of new traces, and not there.
    family.memtable_prefix_bloom_size_ratio = 0.05;
    family.memtable_whole_key_filtering = true;
    // Each batch's ids come in order: the next one is near the last one.
    family.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(0));
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.block_size = 4 * 1024;
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

}  // namespace

// A compaction that meets damage would end all writing: what it would have
// written is where it was, and stays there.
class DamageListener : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                         rocksdb::Status* status) override {
    if (reason == rocksdb::BackgroundErrorReason::kCompaction &&
        status->IsCorruption()) {
      *status = rocksdb::Status::OK();
    }
  }
  void OnCompactionCompleted(rocksdb::DB*,
                             const rocksdb::CompactionJobInfo& job) override {
    if (!job.status.IsCorruption()) return;
    MutexLock lock(mu_);
    if (!families_.insert(job.cf_name).second) return;
    LogError("a table is damaged, its family is not compacted any more",
             {{"family", job.cf_name}, {"error", job.status.ToString()}});
  }

  // Those that were not stopped yet.
  std::vector<std::string> Waiting() const {
    MutexLock lock(mu_);
    std::vector<std::string> waiting;
    std::set_difference(families_.begin(), families_.end(), stopped_.begin(),
                        stopped_.end(), std::back_inserter(waiting));
    return waiting;
  }
  void NoteStopped(const std::string& family) {
    MutexLock lock(mu_);
    stopped_.insert(family);
  }

 private:
  mutable Mutex mu_;
  std::set<std::string> families_ RTG_GUARDED_BY(mu_);
  std::set<std::string> stopped_ RTG_GUARDED_BY(mu_);
};

namespace {

bool IsLocatorFamily(const std::string& name) {
  return name.rfind("loc-", 0) == 0;
}

// What a first start that died before CURRENT was there may leave.
bool IsOfFirstStart(std::string_view name) {
  return name == "LOCK" || name == "IDENTITY" || name == "MANIFEST-000001" ||
         name == kEncryptionFile || name == kNewEncryptionFile ||
         name.ends_with(".dbtmp");
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError("data folder " + path +
                                       " cannot be made: " + error.message());
}

// Tables that cannot be opened: RocksDB does not always say which it is.
std::string DamagedTables(rocksdb::Env& env, const std::string& path) {
  std::vector<std::string> names;
  if (!env.GetChildren(path, &names).ok()) return {};
  std::sort(names.begin(), names.end());
  rocksdb::Options options;
  options.env = &env;
  std::string damaged;
  for (const std::string& name : names) {
    if (!name.ends_with(".sst")) continue;
    rocksdb::SstFileReader reader(options);
    if (reader.Open(path + "/" + name).ok()) continue;
    damaged += (damaged.empty() ? "; tables that do not open: " : ", ") + name;
  }
  return damaged;
}

// Whether a store is to be made at `path`; that there is one must not depend on
// a read that fails.
absl::StatusOr<bool> IsFresh(const std::string& path,
                             rocksdb::FileSystem& files) {
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                       StoreFolder(files, path).Names());
  if (std::find(names.begin(), names.end(), "CURRENT") != names.end()) {
    return false;
  }
  for (const std::string& name : names) {
    if (name == "." || name == ".." || IsOfFirstStart(name)) continue;
    if (name.ends_with(".sst") || name.starts_with("MANIFEST-")) {
      return absl::DataLossError(
          "data folder " + path +
          " holds a store whose file CURRENT is missing");
    }
    return absl::FailedPreconditionError(
        "data folder " + path +
        " holds other files and no store; give an empty folder");
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDb>> RocksDb::Open(
    const RocksOptions& options) {
  if (!options.read_only) RTG_RETURN_IF_ERROR(MakeFolder(options.path));
  auto out = std::unique_ptr<RocksDb>(new RocksDb());
  out->path_ = options.path;
  out->read_only_ = options.read_only;
  RTG_ASSIGN_OR_RETURN(out->lock_, FolderLock::Take(options.path));
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  out->plain_options_ = MakeFamilyOptions(options, cache, false);
  out->plain_options_.merge_operator = options.merge;
  out->locator_options_ = MakeFamilyOptions(options, cache, true);
  rocksdb::DBOptions db_options = MakeDbOptions(options);
  out->damage_ = std::make_shared<DamageListener>();
  db_options.listeners.push_back(out->damage_);
  const std::shared_ptr<rocksdb::FileSystem> below =
      options.file_system != nullptr ? options.file_system
                                     : rocksdb::FileSystem::Default();
  RTG_ASSIGN_OR_RETURN(const bool fresh, IsFresh(options.path, *below));
  if (fresh && options.read_only) {
    return absl::FailedPreconditionError("data folder " + options.path +
                                         " holds no store");
  }
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<rocksdb::FileSystem> files,
                       FilesOfStore(below, options.path, options.keys,
                                    fresh ? StoreIs::kNew : StoreIs::kThere));
  out->env_ = rocksdb::NewCompositeEnv(files);
  db_options.env = out->env_.get();
  db_options.create_if_missing = fresh;
  std::vector<std::string> names = {rocksdb::kDefaultColumnFamilyName};
  if (!fresh) {
    RTG_RETURN_IF_ERROR(out->CheckFiles(*files));
    if (options.lenient) db_options.paranoid_checks = false;
    // As if it were cut.
    if (out->log_ends_in_damage_) {
      db_options.wal_recovery_mode =
          rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    }
    RTG_RETURN_IF_ERROR(FromRocks(
        rocksdb::DB::ListColumnFamilies(db_options, options.path, &names),
        "data folder " + options.path));
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    descriptors.emplace_back(name, IsLocatorFamily(name) ? out->locator_options_
                                                         : out->plain_options_);
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, options.path, descriptors,
                                         &handles, &db)
          : rocksdb::DB::Open(db_options, options.path, descriptors, &handles,
                              &db);
  if (opened.IsCorruption()) {
    return absl::DataLossError("data folder " + options.path + ": " +
                               opened.ToString() +
                               DamagedTables(*db_options.env, options.path));
  }
  RTG_RETURN_IF_ERROR(FromRocks(opened, "data folder " + options.path));
  out->db_.reset(db);
  for (size_t i = 0; i < names.size(); ++i) {
    out->untaken_.emplace_back(names[i],
                               std::make_unique<Family>(*db, handles[i]));
  }
  if (!options.read_only) RTG_RETURN_IF_ERROR(out->lock_->NoteLockFile());
  RTG_RETURN_IF_ERROR(out->CheckFormat());
  return out;
}

absl::Status RocksDb::CheckFiles(rocksdb::FileSystem& files) {
  RTG_RETURN_IF_ERROR(CheckManifest(files, path_));
  if (!read_only_) return CheckLogFiles(files, path_);
  RTG_ASSIGN_OR_RETURN(log_ends_in_damage_, EndsInDamage(files, path_));
  return absl::OkStatus();
}

RocksDb::~RocksDb() {
  untaken_.clear();
  if (db_ != nullptr) db_->Close();
}

// The version is written with the first open, before any family or data.
absl::Status RocksDb::CheckFormat() {
  rocksdb::ColumnFamilyHandle* meta = db_->DefaultColumnFamily();
  rocksdb::PinnableSlice found;
  const absl::Status read =
      Get(meta, kFormatKey, found, "while reading the format version");
  const std::string ours = std::to_string(kStoreFormatVersion);
  if (absl::IsNotFound(read)) {
    // No key has 16 bytes of 255.
    RTG_ASSIGN_OR_RETURN(const std::optional<std::string> any,
                         LastKeyBefore(meta, std::string(16, '\xff'),
                                       "while looking for other keys"));
    if (std::any_of(untaken_.begin(), untaken_.end(),
                    [](const auto& f) { return f.first == kLogFamily; })) {
      return absl::DataLossError(
          "data folder " + path_ +
          " holds a store without its format version: the first file of its "
          "log is lost");
    }
    if (any || untaken_.size() > 1 || read_only_) {
      return absl::FailedPreconditionError(
          "data folder " + path_ +
          " holds a RocksDB database that is not a Roentgen store");
    }
    rocksdb::WriteOptions sync;
    sync.sync = true;
    return FromRocks(db_->Put(sync, meta, kFormatKey, ours),
                     "while writing the format version");
  }
  RTG_RETURN_IF_ERROR(read);
  if (FromSlice(found) != ours) {
    return absl::FailedPreconditionError(
        "data folder " + path_ + " has store format " + found.ToString() +
        ", this program reads format " + ours);
  }
  return absl::OkStatus();
}

std::unique_ptr<Family> RocksDb::TakeFamily(const std::string& name) {
  const auto at = std::find_if(untaken_.begin(), untaken_.end(),
                               [&](const auto& f) { return f.first == name; });
  if (at == untaken_.end()) return nullptr;
  std::unique_ptr<Family> family = std::move(at->second);
  untaken_.erase(at);
  return family;
}

std::vector<std::string> RocksDb::UntakenFamilies() const {
  std::vector<std::string> names;
  for (const auto& [name, family] : untaken_) names.push_back(name);
  return names;
}

absl::StatusOr<std::unique_ptr<Family>> RocksDb::CreateFamily(
    const std::string& name) {
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  const rocksdb::Status made = db_->CreateColumnFamily(
      IsLocatorFamily(name) ? locator_options_ : plain_options_, name, &handle);
  NoteFamilyChange(made.ok());
  RTG_RETURN_IF_ERROR(FromRocks(made, "while making family " + name));
  return std::make_unique<Family>(*db_, handle);
}

void RocksDb::NoteFamilyChange(bool done) {
  if (done == !keeps_files_) return;
  const rocksdb::Status changed =
      done ? db_->EnableFileDeletions(false) : db_->DisableFileDeletions();
  if (changed.ok()) keeps_files_ = !done;
}

absl::Status RocksDb::DropFamily(Family& family) {
  const rocksdb::Status dropped = db_->DropColumnFamily(family.get());
  NoteFamilyChange(dropped.ok());
  return FromRocks(dropped, "while dropping family " + family.get()->GetName());
}

absl::Status RocksDb::Write(rocksdb::WriteBatch& batch, bool sync,
                            std::string_view doing, bool* no_space) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  const rocksdb::Status status = db_->Write(options, &batch);
  if (no_space != nullptr) *no_space = status.IsNoSpace();
  return FromRocks(status, doing);
}

absl::Status RocksDb::SyncLog(std::string_view doing) {
  return FromRocks(db_->SyncWAL(), doing);
}

absl::Status RocksDb::Get(rocksdb::ColumnFamilyHandle* family,
                          std::string_view key, rocksdb::PinnableSlice& value,
                          std::string_view doing) {
  return FromRocks(
      db_->Get(rocksdb::ReadOptions(), family, ToSlice(key), &value), doing);
}

KeyRange KeyRange::WithPrefix(std::string prefix) {
  KeyRange range{.begin = std::move(prefix), .end = {}};
  std::string end = range.begin;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return range;
  end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  range.end = std::move(end);
  return range;
}

absl::Status RocksDb::ForEach(rocksdb::ColumnFamilyHandle* family,
                              const KeyRange& range, std::string_view doing,
                              const UseKey& use) {
  rocksdb::ReadOptions options;
  options.snapshot = range.snapshot;
  rocksdb::Slice end;  // Of a text that outlives the iterator.
  if (range.end) {
    end = ToSlice(*range.end);
    options.iterate_upper_bound = &end;
  }
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(options, family));
  for (at->Seek(range.begin); at->Valid(); at->Next()) {
    RTG_RETURN_IF_ERROR(use(FromSlice(at->key()), FromSlice(at->value())));
  }
  return FromRocks(at->status(), doing);
}

absl::StatusOr<std::optional<std::string>> RocksDb::LastKeyBefore(
    rocksdb::ColumnFamilyHandle* family, std::string_view end,
    std::string_view doing) {
  const rocksdb::Slice bound = ToSlice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(
      db_->NewIterator(options, family));
  at->SeekToLast();
  RTG_RETURN_IF_ERROR(FromRocks(at->status(), doing));
  if (!at->Valid()) return std::optional<std::string>();
  return std::optional<std::string>(FromSlice(at->key()));
}

std::vector<std::string> RocksDb::DamagedFamilies() {
  return damage_->Waiting();
}

absl::Status RocksDb::StopCompacting(rocksdb::ColumnFamilyHandle* family) {
  RTG_RETURN_IF_ERROR(
      FromRocks(db_->SetOptions(family, {{"disable_auto_compactions", "true"}}),
                "while stopping compactions of family " + family->GetName()));
  damage_->NoteStopped(family->GetName());
  return absl::OkStatus();
}

uint64_t RocksDb::DiskBytes() const {
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator at(path_, error), end; !error && at != end;
       at.increment(error)) {
    // Files go while they are counted.
    std::error_code gone;
    const uint64_t size = at->file_size(gone);
    if (!gone) total += size;
  }
  return total;
}

absl::Status RocksDb::TryDisk() const {
  const StoreFolder folder(*db_->GetFileSystem(), path_);
  // RocksDB removes files of this kind.
  const std::string name = "000000.dbtmp";
  RTG_RETURN_IF_ERROR(folder.Write(name, std::string(4096, 'x')));
  RTG_RETURN_IF_ERROR(folder.Remove(name));
  return folder.Sync();
}

absl::StatusOr<uint64_t> RocksDb::FreeBytes() const {
  uint64_t free = 0;
  const rocksdb::Status asked =
      rocksdb::Status(db_->GetFileSystem()->GetFreeSpace(
          path_, rocksdb::IOOptions(), &free, nullptr));
  RTG_RETURN_IF_ERROR(FromRocks(asked, "while asking for the free space"));
  return free;
}

}  // namespace roentgen::storage
