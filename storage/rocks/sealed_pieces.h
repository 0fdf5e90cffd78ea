// The records of a sealed trace, piece by piece: a large trace that gets news
// stays where it is, and what is new is sealed beside it.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_SEALED_PIECES_H_
#define ROENTGEN_STORAGE_ROCKS_SEALED_PIECES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/live/open_table.h"
#include "storage/live/sealed_batch.h"
#include "storage/record/record_block.h"
#include "storage/rocks/sealed_store.h"
#include "trace/assembly/memory_meter.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// Calls use(block, index) with each record of the piece; `read` gives the block
// of a number, which stays until its next call. Errors: DataLoss when the
// blocks do not have the records; those of both.
absl::Status ForEachRecord(
    const Piece& piece,
    absl::FunctionRef<absl::StatusOr<const RecordBlock*>(uint32_t)> read,
    absl::FunctionRef<absl::Status(const RecordBlock&, uint32_t)> use);

// By ascending sequence. Errors: DataLoss; those of `meter`, which counts them.
absl::StatusOr<std::vector<StoredRecord>> ReadPieces(
    const SealedStore& sealed, const Bucket& bucket,
    std::span<const Piece> pieces, const TraceId& id, MemoryMeter& meter);

// The same, up to what does not read; `missing` is why, or OK. Errors: those of
// `meter`.
absl::StatusOr<std::vector<StoredRecord>> ReadPiecesInPart(
    const SealedStore& sealed, const Bucket& bucket,
    std::span<const Piece> pieces, const TraceId& id, MemoryMeter& meter,
    absl::Status& missing);

// They stay where they are. `sealed` outlives what is returned.
std::shared_ptr<const EarlierRecords> KeepPieces(
    const SealedStore& sealed, std::shared_ptr<const Bucket> bucket,
    std::vector<Piece> pieces);

// How many of the pieces, from the last one on, are to be written again with
// `records` newer ones: each piece that stays has more than `ratio` times the
// records of all after it. So, at 2, a record is written again a few times at
// most, and a trace has few pieces.
size_t PiecesToJoin(std::span<const Piece> pieces, size_t records,
                    size_t ratio);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_SEALED_PIECES_H_
