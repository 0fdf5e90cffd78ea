// All records of one trace, wherever it lives.
//
// Threads: thread-safe. Reads LiveTraces.
#ifndef ROENTGEN_STORAGE_ROCKS_TRACE_RECORDS_H_
#define ROENTGEN_STORAGE_ROCKS_TRACE_RECORDS_H_

#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/sealed_pieces.h"
#include "trace/assembly/memory_meter.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// Nothing when it is not stored or has expired. `reader` unpacks blocks of open
// traces; callers that read several share one. Errors: also those of `meter`,
// which counts the records.
absl::StatusOr<std::optional<TraceRecords>> ReadTraceRecords(
    const EngineState& state, const TraceId& id, BlockReader& reader,
    MemoryMeter& meter);

// The records of a sealed trace that is to be open again: of a large one, or of
// any when open traces have many such records already (`crowded`), where they
// stay. None when they have expired, and not those that are damaged: these are
// lost, and the log says so. Whoever calls this gives the place up for good, so
// that a read which went wrong once is not taken for damage. Errors: those of
// reads that may go well another time.
absl::StatusOr<ReopenedTrace> ReadToReopen(const EngineState& state,
                                           const TraceId& id,
                                           const SealedPlace& place,
                                           bool crowded);

// What becomes of records that do not read when others are written again.
enum class Unread {
  kStay,            // None are: that they do not read is the error.
  kDamagedLeftOut,  // Damage and what is behind it is left out.
  kLeftOut          // Likewise what does not read for another reason.
};

// Records of pieces that are written again. The log says what is left out.
// Errors: those of reads, as `older` says.
absl::StatusOr<ReopenedTrace> ReadAsOpen(const EngineState& state,
                                         const TraceId& id,
                                         const Bucket& bucket,
                                         std::span<const Piece> pieces,
                                         Unread older);

// Whether a sealed trace of so many bytes and records stays where it is.
bool IsLarge(const EngineState& state, uint64_t bytes, uint64_t records);

// Whether older records take their part of the memory for open traces; `more`
// bytes of them are on their way there.
bool IsCrowded(const EngineState& state, const OpenTable& table,
               size_t more = 0);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_TRACE_RECORDS_H_
