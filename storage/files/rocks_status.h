// RocksDB's words and texts as ours.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_FILES_ROCKS_STATUS_H_
#define ROENTGEN_STORAGE_FILES_ROCKS_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/slice.h"
#include "rocksdb/status.h"

namespace roentgen::storage {

// `doing` says what failed: "while writing a commit".
absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing);

inline rocksdb::Slice ToSlice(std::string_view s) {
  return {s.data(), s.size()};
}
inline std::string_view FromSlice(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_ROCKS_STATUS_H_
