// Which roll-ups cover a time.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_ROLL_UP_PIECES_H_
#define ROENTGEN_STORAGE_ROCKS_ROLL_UP_PIECES_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace roentgen::storage {

// Seconds begin .. end-1, whole units of a level of roll-ups.
struct RollUpPiece {
  uint8_t level = 0;
  int64_t begin = 0;
  int64_t end = 0;
};

// Appends what covers the whole minutes of begin .. end-1, the largest units
// up to `level` where they fit.
void CoverWithRollUps(int64_t begin, int64_t end, uint8_t level,
                      std::vector<RollUpPiece>& pieces);

// The largest units that do not cross the border of a period.
uint8_t RollUpLevelFor(absl::Duration period);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROLL_UP_PIECES_H_
