// Packed columns: how a sealed batch keeps what searches look at.
//
// Integers: distance to the minimum in the fewest of 0, 1, 2, 4 or 8 bytes.
// Strings: a sorted dictionary of the distinct values, and a code per row.
// Both are then zstd-compressed when that helps.
//
// Integer chunk:  codec (0 plain, 1 zstd), varint bytes before compression,
//                 then: varint rows, zigzag minimum, width byte, values
// Dictionary:     codec, varint bytes before compression, then: varint
//                 entries, per entry varint shared prefix, varint rest, rest
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/index/text_dictionary.h"

namespace roentgen::storage {

// Int is int64_t or uint32_t.
template <typename Int>
std::string EncodeInts(const std::vector<Int>& values);
// Errors (all decoders): DataLoss when the bytes are no such chunk.
template <typename Int>
absl::StatusOr<std::vector<Int>> DecodeInts(std::string_view chunk);

// `sorted` ascending and distinct.
std::string EncodeDictionary(const std::vector<std::string_view>& sorted);
absl::StatusOr<PackedDictionary> UnpackDictionary(std::string_view chunk);

// A double as an integer of the same order, and back.
int64_t OrderedBits(double value);
double FromOrderedBits(int64_t bits);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_
