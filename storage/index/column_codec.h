// Packed columns: how a sealed batch keeps what searches look at.
//
// Integers: distance to the minimum, in steps that all distances are
// multiples of, in the fewest bytes.
// Strings: a sorted dictionary of the distinct values, and a code per row.
// Both are then zstd-compressed when that helps.
//
// Integer chunk:  codec (0 plain, 1 zstd), varint bytes before compression,
//                 then: varint rows, and if any: zigzag minimum, width byte,
//                 varint step if the width has bit 7 (else 1), then the least
//                 bytes of all values, their next bytes, and so on
// Dictionary:     codec, varint bytes before compression, then: varint
//                 entries, per entry varint shared prefix, varint rest, rest
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/index/text_dictionary.h"

namespace roentgen::storage {

// Int is int64_t or uint32_t.
template <typename Int>
std::string EncodeInts(const std::vector<Int>& values);
// `values` if they take less room than `than`, else nothing, and `other` is set
// to those.
std::optional<std::string> EncodeIfShorter(const std::vector<int64_t>& values,
                                           const std::vector<int64_t>& than,
                                           std::string& other);
// Errors (all decoders): DataLoss when the bytes are no such chunk.
template <typename Int>
absl::StatusOr<std::vector<Int>> DecodeInts(std::string_view chunk);

// `sorted` ascending and distinct.
std::string EncodeDictionary(const std::vector<std::string_view>& sorted);
absl::StatusOr<PackedDictionary> UnpackDictionary(std::string_view chunk);
// The code of `text`, if it is there: what UnpackDictionary(chunk)->Find(text)
// would say, for less.
absl::StatusOr<std::optional<uint32_t>> FindInDictionary(std::string_view chunk,
                                                         std::string_view text);

// A double as an integer of the same order, and back.
int64_t OrderedBits(double value);
double FromOrderedBits(int64_t bits);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_CODEC_H_
