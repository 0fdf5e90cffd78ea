#include "server/sampling/fair_share.h"

#include <algorithm>

namespace roentgen::server {

int64_t FairShare(int64_t pool, const std::vector<int64_t>& demands,
                  size_t at) {
  std::vector<int64_t> sorted = demands;
  std::sort(sorted.begin(), sorted.end());
  // The smallest demands are met, as long as that leaves as much for everyone
  // else.
  int64_t left = pool;
  auto unmet = static_cast<int64_t>(sorted.size());
  for (const int64_t demand : sorted) {
    if (demand > left / unmet) break;
    left -= demand;
    if (--unmet == 0) break;
  }
  const int64_t mine = demands[at];
  if (unmet == 0) {  // All are met; what is left goes to all alike.
    const auto all = static_cast<int64_t>(demands.size());
    return mine + left / all + (static_cast<int64_t>(at) < left % all ? 1 : 0);
  }
  const int64_t level = left / unmet;
  if (mine <= level) return mine;
  const int64_t before = std::count_if(
      demands.begin(), demands.begin() + static_cast<ptrdiff_t>(at),
      [&](int64_t demand) { return demand > level; });
  return level + (before < left % unmet ? 1 : 0);
}

}  // namespace roentgen::server
