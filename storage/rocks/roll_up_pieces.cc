#include "storage/rocks/roll_up_pieces.h"

#include "trace/graph/roll_up.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {
namespace {

int64_t CeilTo(int64_t second, int64_t unit) {
  return FloorTo(second + unit - 1, unit);
}

}  // namespace

void CoverWithRollUps(int64_t begin, int64_t end, uint8_t level,
                      std::vector<RollUpPiece>& pieces) {
  const int64_t first = CeilTo(begin, kRollUpUnits[level]);
  const int64_t last = FloorTo(end, kRollUpUnits[level]);
  if (first >= last) {
    if (level > 0) CoverWithRollUps(begin, end, level - 1, pieces);
    return;
  }
  if (level > 0) CoverWithRollUps(begin, first, level - 1, pieces);
  pieces.push_back({level, first, last});
  if (level > 0) CoverWithRollUps(last, end, level - 1, pieces);
}

uint8_t RollUpLevelFor(absl::Duration period) {
  uint8_t level = kRollUpUnits.size() - 1;
  while (level > 0 && absl::ToInt64Seconds(period) % kRollUpUnits[level] != 0) {
    --level;
  }
  return level;
}

}  // namespace roentgen::storage
