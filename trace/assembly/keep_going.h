// Work on one trace that may take long asks now and then whether it shall go
// on; a status that is not OK ends it, and is what it returns.
//
// Threads: asked on the thread that works.
#ifndef ROENTGEN_TRACE_ASSEMBLY_KEEP_GOING_H_
#define ROENTGEN_TRACE_ASSEMBLY_KEEP_GOING_H_

#include <cstddef>
#include <functional>

#include "absl/status/status.h"

namespace roentgen::storage {

// Empty: always.
using KeepGoing = std::function<absl::Status()>;

// Asks once per this many records: a few milliseconds of work.
inline constexpr size_t kRecordsPerQuestion = 256;

inline absl::Status AskAt(size_t record, const KeepGoing& keep_going) {
  if (keep_going == nullptr || record % kRecordsPerQuestion != 0) {
    return absl::OkStatus();
  }
  return keep_going();
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_KEEP_GOING_H_
