// Files as backups look at them, through a file system of RocksDB's.
//
// Threads: pure, but for what is on disk.
#ifndef ROENTGEN_STORAGE_ROCKS_FILE_PRINT_H_
#define ROENTGEN_STORAGE_ROCKS_FILE_PRINT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace roentgen::storage {

// Errors, here and below: NotFound when it is not there; Unavailable.
absl::StatusOr<uint64_t> SizeOfFile(rocksdb::FileSystem& files,
                                    const std::string& path);

// Which file it is, told by its end, without reading the rest: the end of a
// table says which process made it, as which of its files. `bytes`: its size.
// Of an encrypted one also by its prefix: it is another file to those who keep
// it once its key is wrapped again.
absl::StatusOr<std::string> PrintOfTable(rocksdb::FileSystem& files,
                                         const std::string& path,
                                         uint64_t bytes);

// Calls `use` with each part of the file, in order. Errors: also those of
// `use`, which end it.
absl::Status ReadParts(
    rocksdb::FileSystem& files, const std::string& path,
    const std::function<absl::Status(std::string_view)>& use);

// The hash of all its bytes.
absl::StatusOr<std::string> HashOfFile(rocksdb::FileSystem& files,
                                       const std::string& path);

// What is in a folder. `what`: what messages call it, as "backup folder".
// Errors: NotFound only when it is not there.
absl::StatusOr<std::vector<std::string>> NamesIn(rocksdb::FileSystem& files,
                                                 const std::string& path,
                                                 const std::string& what);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_FILE_PRINT_H_
