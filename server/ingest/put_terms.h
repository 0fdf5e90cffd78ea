// Until when something is to be stored, and for whom.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_INGEST_PUT_TERMS_H_
#define ROENTGEN_SERVER_INGEST_PUT_TERMS_H_

#include "absl/time/time.h"
#include "base/caller.h"

namespace roentgen::server {

struct PutTerms {
  // Its commit has begun by then, or never does.
  absl::Time deadline;
  // Whose share of the room for writes that wait it takes.
  CallerId caller = kNoCaller;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INGEST_PUT_TERMS_H_
