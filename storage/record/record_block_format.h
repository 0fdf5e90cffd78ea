// Numbers in record blocks (record_block.h), on disk; never renumber.
#ifndef ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_FORMAT_H_
#define ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_FORMAT_H_

#include <cstddef>
#include <cstdint>

namespace roentgen::storage::record_block {

inline constexpr uint8_t kVersion = 1;
inline constexpr uint64_t kHasSequences = 1;  // Flags.
inline constexpr uint64_t kHasTraceIds = 2;
inline constexpr uint64_t kHasSpans = 4;

inline constexpr uint8_t kNewTrace = 1;
inline constexpr uint8_t kTraceIdCut = 2;
inline constexpr uint8_t kOwnIdCut = 4;
inline constexpr uint8_t kSpanCut = 2;
inline constexpr uint8_t kHasParent = 4;
inline constexpr uint8_t kMicroseconds = 8;
inline constexpr int kFormatShift = 4;

inline constexpr size_t kTraceIdChars = 35;
inline constexpr size_t kEntityIdChars = 16;

// How a parent is told that is not among the spans of its trace in the block;
// else twice the distance back, or twice the distance ahead plus one.
inline constexpr uint64_t kParentElsewhere = 0;
inline constexpr uint64_t kParentEmpty = 1;

}  // namespace roentgen::storage::record_block

#endif  // ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_FORMAT_H_
