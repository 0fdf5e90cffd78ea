// Looks at the write-ahead log, and at the list of tables, before RocksDB reads
// them.
//
// A power cut leaves the part of the log that was not synced torn, or with
// holes, in any of its files. Whoever waits for a write waits for its sync, and
// a sync is of all that was written before. So damage behind which there is no
// such write took nothing that was acknowledged: the log is cut there. Before
// any other damage the store stays closed.
//
// Threads: one per folder.
#ifndef ROENTGEN_STORAGE_ROCKS_LOG_CHECK_H_
#define ROENTGEN_STORAGE_ROCKS_LOG_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/file_system.h"

namespace roentgen::storage {

// Of the store in folder `path`: that the file CURRENT names a MANIFEST that is
// there, and that no bit of that one turned: RocksDB takes some for its end and
// removes tables that are in what follows. Errors: as CheckLogFiles.
absl::Status CheckManifest(rocksdb::FileSystem& files, const std::string& path);

// Of the store in folder `path`, which nobody has open. What is cut off a file
// is kept beside it, as NUMBER.log.cut, until the next cut. Errors: DataLoss,
// naming the file and the byte; Unavailable when files cannot be read or
// written.
absl::Status CheckLogFiles(rocksdb::FileSystem& files, const std::string& path);

// Whether CheckLogFiles would cut something off; changes nothing. Errors: as
// there.
absl::StatusOr<bool> EndsInDamage(rocksdb::FileSystem& files,
                                  const std::string& path);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LOG_CHECK_H_
