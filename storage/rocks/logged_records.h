// The records of a commit, read.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_LOGGED_RECORDS_H_
#define ROENTGEN_STORAGE_ROCKS_LOGGED_RECORDS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/rocks/commit_log.h"
#include "trace/mapping/record_document.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// All of it lives as long as the call that it is given to.
struct LoggedRecord {
  const TraceId& trace_id;
  const std::shared_ptr<const std::string>& block;
  uint32_t index = 0;          // In the block.
  const StoredRecord& stored;  // Without sequence and arrival.
  const SegmentDocument& document;
};

// Calls `use` with each record, in order. Errors: DataLoss; those of `use`.
absl::Status ForEachLogged(
    const Commit& commit,
    absl::FunctionRef<absl::Status(const LoggedRecord&)> use);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LOGGED_RECORDS_H_
