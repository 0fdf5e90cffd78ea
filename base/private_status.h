// Errors whose text is for the operator alone: it names files, or is a
// library's. Callers of the server are told something else
// (server/status_mapping.h).
//
// Threads: pure.
#ifndef ROENTGEN_BASE_PRIVATE_STATUS_H_
#define ROENTGEN_BASE_PRIVATE_STATUS_H_

#include "absl/status/status.h"

namespace roentgen {

// The same error, marked; OK stays OK.
absl::Status PrivateStatus(absl::Status status);
bool IsPrivate(const absl::Status& status);

// The same for another thread: statuses that are copied share a count of
// references, which ThreadSanitizer does not see through.
absl::Status OwnCopy(const absl::Status& status);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_PRIVATE_STATUS_H_
