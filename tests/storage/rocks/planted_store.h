// A store that nobody has open, whose keys a test changes behind its back.
//
//   PlantedStore store(path);
//   store.Delete(store.Batches(bucket), BlockKey(batch, 0));
//
// Threads: one.
#ifndef ROENTGEN_TESTS_STORAGE_ROCKS_PLANTED_STORE_H_
#define ROENTGEN_TESTS_STORAGE_ROCKS_PLANTED_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/rocks/key_layout.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {

class PlantedStore {
 public:
  explicit PlantedStore(const std::string& path);

  const Family& Log() const { return Of(kLogFamily); }
  const Family& Locators(BucketId bucket) const {
    return Of(LocatorFamily(bucket));
  }
  const Family& Batches(BucketId bucket) const {
    return Of(BatchFamily(bucket));
  }
  // Oldest first.
  std::vector<BucketId> Buckets() const;

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  // Keys that begin with the prefix, and their values.
  Pairs Read(const Family& family, const std::string& prefix = {}) const;
  std::string Get(const Family& family, std::string_view key) const;
  void Put(const Family& family, std::string_view key, std::string_view value);
  void Delete(const Family& family, std::string_view key);
  void PutMarks(const StoreMarks& marks);
  // No file has what was there before, also for who reads files alone.
  void ForgetOldValues();
  StoreMarks Marks() const;

 private:
  const Family& Of(const std::string& name) const;

  std::unique_ptr<RocksDb> db_;
  std::map<std::string, std::unique_ptr<Family>> families_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ROCKS_PLANTED_STORE_H_
