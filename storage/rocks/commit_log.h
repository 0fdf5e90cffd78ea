// The value of one commit in the log: all requests that shared its sync.
//
//   version (2) varint
//   received    fixed64, nanoseconds since the epoch
//   previous    varint, number of the commit before; 0: there was none
//   blocks      varint count, each: varint length, record block
//   reopened    varint count, each 16 bytes: traces that were sealed before
//               this commit, whose sealed records are part of the trace again
//
// Version 1 has no `previous`.
//
// A record's position in the commit is its place over all blocks in order.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_COMMIT_LOG_H_
#define ROENTGEN_STORAGE_ROCKS_COMMIT_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

struct Commit {
  Timestamp received;
  // The last one that was acknowledged before; 0: none. Nothing: not known.
  std::optional<uint64_t> previous = {};
  std::vector<std::shared_ptr<const std::string>> blocks;
  std::vector<TraceId> reopened;
};

std::string EncodeCommit(const Commit& commit);

// Errors: DataLoss when the bytes are no commit.
absl::StatusOr<Commit> DecodeCommit(std::string_view value);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_COMMIT_LOG_H_
