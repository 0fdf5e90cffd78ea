// Where sealed traces lie: in which batch, and where in it.
#ifndef ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_
#define ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_

#include <cstdint>

namespace roentgen::storage {

using BatchId = uint32_t;

// Where a sealed trace lies in its bucket.
struct Locator {
  BatchId batch = 0;
  uint32_t ordinal = 0;  // In the batch's columns.
  uint32_t block = 0;    // First block.
  uint32_t first = 0;    // Its first record in that block.
  uint32_t records = 0;  // From there on, over following blocks if need be.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_
