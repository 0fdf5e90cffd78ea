// Looks at the commits that are not sealed whole.
//
// Threads: one per check.
#ifndef ROENTGEN_STORAGE_ROCKS_LOG_COMMITS_CHECK_H_
#define ROENTGEN_STORAGE_ROCKS_LOG_COMMITS_CHECK_H_

#include "absl/status/status.h"
#include "base/call.h"
#include "storage/rocks/check_notes.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/snapshot_reader.h"

namespace roentgen::storage {

// That each reads, with its records, and names one before that is there.
// Errors: those of the call; Unavailable.
absl::Status CheckCommits(const SnapshotReader& reader, const Family& log,
                          const StoreMarks& marks, const Call& call,
                          CheckNotes& notes);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LOG_COMMITS_CHECK_H_
