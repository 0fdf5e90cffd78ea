// Reads what can be read of a table, one file of RocksDB's, without the store
// that it belongs to.
//
// Threads: one per object.
#ifndef ROENTGEN_STORAGE_ROCKS_TABLE_SALVAGE_H_
#define ROENTGEN_STORAGE_ROCKS_TABLE_SALVAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/env.h"
#include "rocksdb/sst_file_reader.h"

namespace roentgen::storage {

class TableSalvage {
 public:
  // `env` outlives this object. Errors: DataLoss when the file has no index
  // that reads, so that nothing of it does.
  static absl::StatusOr<std::unique_ptr<TableSalvage>> Open(
      rocksdb::Env& env, const std::string& path);

  // Of the family that it is of; the name is empty where the file does not say.
  const std::string& family() const { return family_; }
  uint64_t family_id() const { return family_id_; }

  using UseKey =
      std::function<absl::Status(std::string_view key, std::string_view value)>;
  // Calls `use` with each key that reads, in order, and `damaged` with what is
  // wrong, once for each part that does not. Errors: those of `use`.
  absl::Status ForEach(
      const UseKey& use,
      const std::function<void(const absl::Status&)>& damaged) const;

 private:
  TableSalvage() = default;

  std::unique_ptr<rocksdb::SstFileReader> reader_;
  std::string family_;
  uint64_t family_id_ = UINT64_MAX;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_TABLE_SALVAGE_H_
