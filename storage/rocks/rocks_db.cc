#include "storage/rocks/rocks_db.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/rocks_logger.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

rocksdb::DBOptions MakeDbOptions(const RocksOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.max_background_jobs = 2;
  // A torn end is what a crash leaves; anything else is damage to report.
  db.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.recycle_log_file_num = 0;
  db.avoid_flush_during_recovery = true;
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

bool IsLocatorFamily(const std::string& name) {
  return name.rfind("loc-", 0) == 0;
}

// Nothing when `path` may become a store or is one.
absl::Status CheckFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return absl::FailedPreconditionError("data folder " + path +
                                         " cannot be made: " + error.message());
  }
  const bool ours = fs::exists(fs::path(path) / "CURRENT", error);
  const bool empty = fs::is_empty(path, error);
  if (!ours && !empty && !fs::exists(fs::path(path) / "LOCK")) {
    return absl::FailedPreconditionError(
        "data folder " + path +
        " holds other files and no store; give an empty folder");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = std::string(doing) + ": " + status.ToString();
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsTimedOut()) return absl::DeadlineExceededError(text);
  if (status.IsIOError() || status.IsBusy() || status.IsNoSpace() ||
      status.IsShutdownInProgress() || status.IsTryAgain()) {
    return absl::UnavailableError(text);
  }
  return absl::InternalError(text);
}

absl::StatusOr<std::unique_ptr<RocksDb>> RocksDb::Open(
    const RocksOptions& options) {
  RTG_RETURN_IF_ERROR(CheckFolder(options.path));
  auto out = std::unique_ptr<RocksDb>(new RocksDb());
  out->path_ = options.path;
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  out->plain_options_ = MakeFamilyOptions(options, cache, false);
  out->plain_options_.merge_operator = options.merge;
  out->locator_options_ = MakeFamilyOptions(options, cache, true);
  const rocksdb::DBOptions db_options = MakeDbOptions(options);

  std::vector<std::string> names;
  const rocksdb::Status listed =
      rocksdb::DB::ListColumnFamilies(db_options, options.path, &names);
  const bool fresh = !listed.ok();
  if (fresh) names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) {
    descriptors.emplace_back(name, IsLocatorFamily(name) ? out->locator_options_
                                                         : out->plain_options_);
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, options.path, descriptors, &handles, &db);
  if (opened.IsIOError() &&
      opened.ToString().find("lock") != std::string::npos) {
    return absl::FailedPreconditionError(
        "data folder " + options.path +
        " is in use by another process (its LOCK file is held)");
  }
  RTG_RETURN_IF_ERROR(FromRocks(opened, "data folder " + options.path));
  out->db_.reset(db);
  for (size_t i = 0; i < names.size(); ++i) {
    out->untaken_.emplace_back(names[i],
                               std::make_unique<Family>(*db, handles[i]));
  }
  RTG_RETURN_IF_ERROR(out->CheckFormat());
  return out;
}

RocksDb::~RocksDb() {
  untaken_.clear();
  if (db_ != nullptr) db_->Close();
}

// The version is written with the first open, before any family or data.
absl::Status RocksDb::CheckFormat() {
  rocksdb::ColumnFamilyHandle* meta = db_->DefaultColumnFamily();
  std::string found;
  const rocksdb::Status read =
      db_->Get(rocksdb::ReadOptions(), meta, kFormatKey, &found);
  const std::string ours = std::to_string(kStoreFormatVersion);
  if (read.IsNotFound()) {
    std::unique_ptr<rocksdb::Iterator> any(
        db_->NewIterator(rocksdb::ReadOptions(), meta));
    any->SeekToFirst();
    if (any->Valid() || untaken_.size() > 1) {
      return absl::FailedPreconditionError(
          "data folder " + path_ +
          " holds a RocksDB database that is not a Roentgen store");
    }
    rocksdb::WriteOptions sync;
    sync.sync = true;
    return FromRocks(db_->Put(sync, meta, kFormatKey, ours),
                     "while writing the format version");
  }
  RTG_RETURN_IF_ERROR(FromRocks(read, "while reading the format version"));
  if (found != ours) {
    return absl::FailedPreconditionError("data folder " + path_ +
                                         " has store format " + found +
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
  RTG_RETURN_IF_ERROR(
      FromRocks(db_->CreateColumnFamily(
                    IsLocatorFamily(name) ? locator_options_ : plain_options_,
                    name, &handle),
                "while making family " + name));
  return std::make_unique<Family>(*db_, handle);
}

absl::Status RocksDb::DropFamily(Family& family) {
  return FromRocks(db_->DropColumnFamily(family.get()),
                   "while dropping family " + family.get()->GetName());
}

absl::Status RocksDb::Write(rocksdb::WriteBatch& batch, bool sync,
                            std::string_view doing) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  return FromRocks(db_->Write(options, &batch), doing);
}

absl::Status RocksDb::Get(const Family& family, std::string_view key,
                          rocksdb::PinnableSlice& value,
                          std::string_view doing) {
  return FromRocks(
      db_->Get(rocksdb::ReadOptions(), family.get(), ToSlice(key), &value),
      doing);
}

uint64_t RocksDb::DiskBytes() const {
  uint64_t total = 0;
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(path_, error)) {
    const auto size = entry.file_size(error);
    if (!error) total += size;
  }
  return total;
}

}  // namespace roentgen::storage
