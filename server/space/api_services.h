// What the handlers of every API work with.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_SPACE_API_SERVICES_H_
#define ROENTGEN_SERVER_SPACE_API_SERVICES_H_

#include "absl/time/time.h"
#include "base/call.h"
#include "base/caller.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "server/ingest/put_terms.h"
#include "server/space/space_set.h"

namespace roentgen::server {

struct ApiServices {
  ListenerSpaces spaces;
  // Reads run there; outlives the handlers.
  WorkerPool& workers;
  // Calls that read no trace run there, so that searches do not hold up what
  // SDKs ask for all the time; null: with the others. Outlives the handlers.
  WorkerPool* small_calls = nullptr;
  // What each read may take.
  CallLimits calls = {.clock = &SystemClock(),
                      .memory_bytes_max = limits::kQueryMemoryBytes};
  // For one request, from its arrival.
  absl::Duration put_timeout = absl::Seconds(30);
  absl::Duration read_timeout = absl::Seconds(30);

  PutTerms TermsFor(CallerId caller) const {
    return {.deadline = Now() + put_timeout, .caller = caller};
  }
  absl::Time ReadDeadline() const { return Now() + read_timeout; }
  absl::Time Now() const { return calls.clock->Now().ToTime(); }
  WorkerPool& SmallCalls() const {
    return small_calls != nullptr ? *small_calls : workers;
  }
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SPACE_API_SERVICES_H_
