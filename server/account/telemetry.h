// What X-Ray daemons say of themselves: segments received, sent, dropped.
//
//   telemetry.Add(record);
//   telemetry.totals();   // For /metrics.
//
// Sums since the server started. X-Ray has no operation that reads them.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_ACCOUNT_TELEMETRY_H_
#define ROENTGEN_SERVER_ACCOUNT_TELEMETRY_H_

#include <cstdint>

#include "base/mutex.h"

namespace roentgen::server {

struct TelemetryCounts {
  uint64_t records = 0;
  uint64_t segments_received = 0;
  uint64_t segments_sent = 0;
  uint64_t segments_spilled = 0;
  uint64_t segments_rejected = 0;
  uint64_t connection_errors = 0;  // Of any kind.
};

class Telemetry {
 public:
  void Add(const TelemetryCounts& counts) {
    MutexLock lock(mu_);
    totals_.records += counts.records;
    totals_.segments_received += counts.segments_received;
    totals_.segments_sent += counts.segments_sent;
    totals_.segments_spilled += counts.segments_spilled;
    totals_.segments_rejected += counts.segments_rejected;
    totals_.connection_errors += counts.connection_errors;
  }

  TelemetryCounts totals() const {
    MutexLock lock(mu_);
    return totals_;
  }

 private:
  mutable Mutex mu_;
  TelemetryCounts totals_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ACCOUNT_TELEMETRY_H_
