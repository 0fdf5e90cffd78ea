// Sealed batches: what is known of one, and where a trace lies in it.
#ifndef ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_
#define ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/index/index_format.h"

namespace roentgen::storage {

using BatchId = uint32_t;

// Records of a trace that lie together in a batch.
struct Piece {
  BatchId batch = 0;
  uint32_t block = 0;    // First block.
  uint32_t first = 0;    // Its first record in that block.
  uint32_t records = 0;  // From there on, over following blocks if need be.

  friend bool operator==(const Piece&, const Piece&) = default;
};

// Where a sealed trace lies in its bucket. Its row is of all its records; of
// these some may be in older batches (docs/sealing.md, "Late news").
struct Locator {
  BatchId batch = 0;
  uint32_t ordinal = 0;  // In the batch's columns.
  uint32_t block = 0;    // First block.
  uint32_t first = 0;    // Its first record in that block.
  uint32_t records = 0;  // From there on, over following blocks if need be.
  // Of all its documents, and of their contexts, as limits::kTraceBytesMax
  // counts them. Nothing: written before there were pieces.
  std::optional<uint64_t> bytes = {};
  // Of a large trace: contexts that are counted there, as ContextPrint has
  // them.
  std::vector<uint64_t> contexts = {};
  // Older records, by ascending sequence; all in the same bucket.
  std::vector<Piece> earlier = {};

  // All, by ascending sequence.
  std::vector<Piece> Pieces() const {
    std::vector<Piece> pieces = earlier;
    pieces.push_back({batch, block, first, records});
    return pieces;
  }
  uint64_t TotalRecords() const {
    uint64_t total = records;
    for (const Piece& piece : earlier) total += piece.records;
    return total;
  }
};

// What is known of a sealed batch without reading its columns.
struct BatchHead {
  uint64_t through_commit = 0;  // Everything of its traces up to here is in it.
  uint32_t traces = 0;
  uint32_t records = 0;
  uint32_t blocks = 0;
  // Least and greatest value over the traces; service end over those that
  // have one (min > max: none has).
  struct Span {
    int64_t min = INT64_MAX;
    int64_t max = INT64_MIN;
    void Add(int64_t v) {
      if (v < min) min = v;
      if (v > max) max = v;
    }
  };
  Span start, event, service_end, received;
  Span latest_start;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_SEALED_BATCH_H_
