// Files of a store beside RocksDB's own work, through its file system.
//
// Threads: thread-safe; one at a time for one name.
#ifndef ROENTGEN_STORAGE_FILES_STORE_FOLDER_H_
#define ROENTGEN_STORAGE_FILES_STORE_FOLDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace roentgen::storage {

// Names are those of files in the folder. Errors: Unavailable, naming the file.
class StoreFolder {
 public:
  // Both outlive this object.
  StoreFolder(rocksdb::FileSystem& files, const std::string& path)
      : files_(files), path_(path) {}

  absl::StatusOr<std::vector<std::string>> Names() const;
  absl::StatusOr<std::string> Read(const std::string& name) const;
  // Makes the file, or replaces it, and syncs its bytes; its name with Sync.
  absl::Status Write(const std::string& name, std::string_view bytes) const;
  absl::Status Rename(const std::string& from, const std::string& to) const;
  absl::Status Remove(const std::string& name) const;
  // All names are on the disk afterwards.
  absl::Status Sync() const;

 private:
  std::string PathOf(const std::string& name) const {
    return path_ + "/" + name;
  }

  rocksdb::FileSystem& files_;
  const std::string& path_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_STORE_FOLDER_H_
