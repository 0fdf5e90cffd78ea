// Where the traces of a sealed batch begin and end in its blocks.
//
// A batch has its traces one after the other, in order of their ordinals, and
// blocks tell which record begins another trace; only of the first record of a
// block nobody knows whether its trace began before. Locators tell that, and
// how many traces there are. So most traces are found without their locators.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_BATCH_ROWS_H_
#define ROENTGEN_STORAGE_ROCKS_BATCH_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "storage/record/record_block.h"

namespace roentgen::storage {

struct RowPlace {
  uint32_t block = 0;  // First block, and the first record in it.
  uint32_t first = 0;
  uint32_t records = 0;  // From there on, over following blocks if need be.

  friend bool operator==(const RowPlace&, const RowPlace&) = default;
};

// By block: whether each record is the first of its trace there. Nothing: the
// block does not read.
using BlockStarts = std::optional<std::vector<bool>>;

std::vector<bool> StartsOf(const RecordBlock& block);

// `known`: what locators say, by ordinal; those that cannot be are left aside.
// `traces`: how many there are; nothing: nobody knows. The answer: by ordinal,
// for all that are found.
std::map<uint32_t, RowPlace> PlaceRows(
    std::span<const BlockStarts> blocks,
    const std::map<uint32_t, RowPlace>& known, std::optional<uint32_t> traces);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BATCH_ROWS_H_
