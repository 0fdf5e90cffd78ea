// Makes a new store of what reads of a damaged one, and tells what does not.
//
//   RTG_ASSIGN_OR_RETURN(const RepairReport report,
//                        RepairStore(damaged, new_folder, {}, call));
//
// The damaged store is not changed. The new one has, byte for byte, every
// document that reads, with its arrival and its order, once; settings; the
// memberships in groups; and the log's commits that are not sealed. Index,
// locators and the service map's figures are made again of the documents.
// Links between traces are found again as far as their senders were saved
// before.
//
// Needs room for two more stores on the disk, one of them while it works. One
// batch is in memory at a time, and a commit of the log.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_REPAIR_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_REPAIR_H_

#include <string>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/rocks/repair_report.h"
#include "storage/rocks/rocks_engine_options.h"

namespace roentgen::storage {

// `damaged` says where the damaged store is and how a store is opened;
// `new_folder`: absent or empty. Beside it, at `new_folder`.unfinished, the new
// store is built, and renamed at the end; at `new_folder`.salvage lies what is
// only needed meanwhile. Who kills a repair has to remove both. Errors:
// FailedPrecondition when the damaged store is in use, or none, or the new
// folder is not empty; those of the call; Unavailable when the disk does not
// read or write. After an error the new folder is no store that counts.
absl::StatusOr<RepairReport> RepairStore(const RocksEngineOptions& damaged,
                                         const std::string& new_folder,
                                         const RepairOptions& options,
                                         const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_REPAIR_H_
