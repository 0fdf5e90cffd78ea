#include "tests/storage/rocks/planted_store.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "storage/rocks/roll_up_store.h"

namespace roentgen::storage {

PlantedStore::PlantedStore(const std::string& path) {
  auto opened = RocksDb::Open({.path = path,
                               .memtable_bytes = 4 << 20,
                               .cache_bytes = 4 << 20,
                               .merge = MakeRollUpMerge()});
  EXPECT_TRUE(opened.ok()) << opened.status();
  db_ = std::move(*opened);
  for (const std::string& name : db_->UntakenFamilies()) {
    families_[name] = db_->TakeFamily(name);
  }
}

const Family& PlantedStore::Of(const std::string& name) const {
  return *families_.at(name);
}

std::vector<BucketId> PlantedStore::Buckets() const {
  std::vector<BucketId> buckets;
  for (const auto& [key, value] :
       Read(Of(rocksdb::kDefaultColumnFamilyName), kBucketPrefix)) {
    if (const auto id = ParseBucketKey(key)) buckets.push_back(*id);
  }
  std::sort(buckets.begin(), buckets.end());
  return buckets;
}

PlantedStore::Pairs PlantedStore::Read(const Family& family,
                                       const std::string& prefix) const {
  Pairs pairs;
  const absl::Status read =
      db_->ForEach(family.get(), KeyRange::WithPrefix(prefix), "in a test",
                   [&](std::string_view key, std::string_view value) {
                     pairs.emplace_back(key, value);
                     return absl::OkStatus();
                   });
  EXPECT_TRUE(read.ok()) << read;
  return pairs;
}

std::string PlantedStore::Get(const Family& family,
                              std::string_view key) const {
  rocksdb::PinnableSlice value;
  const absl::Status got = db_->Get(family, key, value, "in a test");
  EXPECT_TRUE(got.ok()) << got;
  return value.ToString();
}

void PlantedStore::Put(const Family& family, std::string_view key,
                       std::string_view value) {
  rocksdb::WriteBatch batch;
  batch.Put(family.get(), ToSlice(key), ToSlice(value));
  const absl::Status written = db_->Write(batch, true, "in a test");
  EXPECT_TRUE(written.ok()) << written;
}

void PlantedStore::Delete(const Family& family, std::string_view key) {
  rocksdb::WriteBatch batch;
  batch.Delete(family.get(), ToSlice(key));
  const absl::Status written = db_->Write(batch, true, "in a test");
  EXPECT_TRUE(written.ok()) << written;
}

void PlantedStore::PutMarks(const StoreMarks& marks) {
  Put(Of(rocksdb::kDefaultColumnFamilyName), kMarksKey, EncodeMarks(marks));
}

void PlantedStore::ForgetOldValues() {
  for (const auto& [name, family] : families_) {
    EXPECT_TRUE(db_->db().Flush({}, family->get()).ok());
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction =
        rocksdb::BottommostLevelCompaction::kForce;
    EXPECT_TRUE(
        db_->db().CompactRange(options, family->get(), nullptr, nullptr).ok());
  }
}

StoreMarks PlantedStore::Marks() const {
  return DecodeMarks(Get(Of(rocksdb::kDefaultColumnFamilyName), kMarksKey))
      .value_or(StoreMarks());
}

}  // namespace roentgen::storage
