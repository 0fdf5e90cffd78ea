#include "server/sampling/statistic_windows.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace roentgen::server {
namespace {

constexpr int64_t kWindowSeconds = 10;
constexpr int64_t kWindowNs = kWindowSeconds * 1'000'000'000;
constexpr auto kKept = static_cast<int64_t>(limits::kStatisticWindowsMax);

int64_t WindowOf(Timestamp time) {
  return time.ns / kWindowNs - (time.ns % kWindowNs < 0 ? 1 : 0);
}

void Add(int64_t more, int64_t& count) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  more = std::max<int64_t>(more, 0);
  count = more > kMax - count ? kMax : count + more;
}

}  // namespace

void StatisticWindows::Add(Timestamp time, const SamplingCounts& counts,
                           Timestamp now) {
  const int64_t current = WindowOf(now);
  int64_t window = WindowOf(time);
  if (window > current || window < current - kKept) window = current;
  SamplingCounts& sum = windows_[window];
  server::Add(counts.requests, sum.requests);
  server::Add(counts.sampled, sum.sampled);
  server::Add(counts.borrowed, sum.borrowed);
  // After a step back of the clock there are some in the future, too.
  std::erase_if(windows_, [&](const auto& entry) {
    return entry.first > current || entry.first < current - kKept;
  });
}

std::vector<StatisticWindow> StatisticWindows::Closed(Timestamp now) const {
  const int64_t current = WindowOf(now);
  std::vector<StatisticWindow> out;
  for (auto at = windows_.rbegin(); at != windows_.rend(); ++at) {
    if (at->first >= current || at->first < current - kKept) continue;
    out.push_back({.begin = Timestamp::FromSeconds(at->first * kWindowSeconds),
                   .counts = at->second});
  }
  return out;
}

}  // namespace roentgen::server
