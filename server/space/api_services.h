// What the handlers of every API work with.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_SPACE_API_SERVICES_H_
#define ROENTGEN_SERVER_SPACE_API_SERVICES_H_

#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "server/space/space_set.h"

namespace roentgen::server {

struct ApiServices {
  ListenerSpaces spaces;
  // Reads run there; outlives the handlers.
  WorkerPool& workers;
  // What each read may take.
  CallLimits calls = {.clock = &SystemClock(),
                      .memory_bytes_max = limits::kQueryMemoryBytes};
  // For one request, from its arrival.
  absl::Duration put_timeout = absl::Seconds(30);
  absl::Duration read_timeout = absl::Seconds(30);

  absl::Time PutDeadline() const { return Now() + put_timeout; }
  absl::Time ReadDeadline() const { return Now() + read_timeout; }
  absl::Time Now() const { return calls.clock->Now().ToTime(); }
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SPACE_API_SERVICES_H_
