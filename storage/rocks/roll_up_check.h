// Compares the roll-ups of a bucket with the sum of what its traces have.
//
// Threads: one per check.
#ifndef ROENTGEN_STORAGE_ROCKS_ROLL_UP_CHECK_H_
#define ROENTGEN_STORAGE_ROCKS_ROLL_UP_CHECK_H_

#include <map>

#include "absl/status/status.h"
#include "base/call.h"
#include "storage/rocks/batch_check.h"
#include "storage/rocks/check_notes.h"
#include "storage/rocks/sealed_store.h"
#include "storage/rocks/snapshot_reader.h"

namespace roentgen::storage {

// `batches`: all of the bucket. Errors: those of the call; Unavailable. Where
// an index does not read nothing is compared, which is noted.
absl::Status CheckRollUps(const SnapshotReader& reader, const Bucket& bucket,
                          const std::map<BatchId, BatchToCheck>& batches,
                          const Call& call, CheckNotes& notes);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROLL_UP_CHECK_H_
