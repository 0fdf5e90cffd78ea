// How many connections the descriptors of this process are enough for.
//
// Threads: thread-safe, but for RaiseFileLimit, which is of the process.
#ifndef ROENTGEN_SERVER_APP_FILE_LIMITS_H_
#define ROENTGEN_SERVER_APP_FILE_LIMITS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace roentgen::server {

// Raises the soft limit of open files to the hard one; what it is then.
uint64_t RaiseFileLimit();

// Descriptors that `config` may need: those of its connections at their limits,
// and limits::kFilesReserved.
uint64_t FilesNeeded(const Config& config);

// Lowers the limits of connections, both by the same part, until `files` are
// enough: connections never take what the store needs. FailedPrecondition when
// too few would be left to serve anybody.
absl::Status FitConnections(uint64_t files, Config& config);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_FILE_LIMITS_H_
