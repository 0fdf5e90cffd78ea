#include "query/lang/edit_distance.h"

#include <algorithm>
#include <vector>

namespace roentgen::query {

size_t EditDistance(std::string_view a, std::string_view b, size_t most) {
  const size_t apart =
      a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (apart >= most) return most;
  // Rows of the table of distances between beginnings of `a` and of `b`.
  std::vector<size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same});
      const bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    std::swap(last, row);
  }
  return std::min(last[b.size()], most);
}

}  // namespace roentgen::query
