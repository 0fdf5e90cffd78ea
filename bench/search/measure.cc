#include "bench/search/measure.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace roentgen::bench {
namespace {

double Read(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

double WallNow() { return Read(CLOCK_MONOTONIC); }
double ThreadCpuNow() { return Read(CLOCK_THREAD_CPUTIME_ID); }
double ProcessCpuNow() { return Read(CLOCK_PROCESS_CPUTIME_ID); }

double Samples::Percentile(double share) const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<size_t>(
      std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<size_t>(rank, 1)) - 1];
}

double Samples::Mean() const {
  if (values_.empty()) return 0;
  return std::accumulate(values_.begin(), values_.end(), 0.0) /
         static_cast<double>(values_.size());
}

}  // namespace roentgen::bench
