// What the clients of one rule reported, summed up in windows of ten seconds.
// Counts stop at the largest number.
//
// Threads: one at a time.
#ifndef ROENTGEN_SERVER_SAMPLING_STATISTIC_WINDOWS_H_
#define ROENTGEN_SERVER_SAMPLING_STATISTIC_WINDOWS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "base/timestamp.h"

namespace roentgen::server {

struct SamplingCounts {
  int64_t requests = 0;
  int64_t sampled = 0;
  int64_t borrowed = 0;

  friend bool operator==(const SamplingCounts&,
                         const SamplingCounts&) = default;
};

struct StatisticWindow {
  Timestamp begin;
  SamplingCounts counts;

  friend bool operator==(const StatisticWindow&,
                         const StatisticWindow&) = default;
};

class StatisticWindows {
 public:
  // Counts for the window of `time`, or for that of `now` when `time` is in the
  // future, or older than what is kept: clients' clocks go wrong. Negative
  // counts are zero.
  void Add(Timestamp time, const SamplingCounts& counts, Timestamp now);

  // The last kStatisticWindowsMax that are over, newest first; those in which
  // nothing was reported are left out.
  std::vector<StatisticWindow> Closed(Timestamp now) const;

 private:
  std::map<int64_t, SamplingCounts> windows_;  // By number since the epoch.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_STATISTIC_WINDOWS_H_
