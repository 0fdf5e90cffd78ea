#include "storage/rocks/trace_records.h"

#include <utility>
#include <vector>

#include "base/call.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace roentgen::storage {

absl::StatusOr<std::optional<TraceRecords>> ReadTraceRecords(
    const EngineState& state, const TraceId& id, BlockReader& reader,
    MemoryMeter& meter) {
  std::vector<OpenRecord> open;
  // Of records that are in no table.
  std::optional<SealedPlace> place;
  state.live.Read([&](const OpenTable& table, const auto& places) {
    const OpenTrace* trace = table.Find(id);
    if (trace == nullptr) return;
    open = trace->records;
    if (trace->earlier != nullptr) place = places.at(id);
  });
  TraceRecords trace{
      .trace_id = id, .records = {}, .rules = state.options.rules};
  if (open.empty()) {
    RTG_ASSIGN_OR_RETURN(place, state.sealed.Locate(id));
    if (!place) return std::nullopt;
  }
  if (place) {
    RTG_ASSIGN_OR_RETURN(trace.records,
                         ReadPieces(state.sealed, *place->bucket,
                                    place->locator.Pieces(), id, meter));
  }
  for (const OpenRecord& record : open) {
    RTG_ASSIGN_OR_RETURN(StoredRecord stored, reader.Read(id, record));
    RTG_RETURN_IF_ERROR(meter.AddRecord(stored));
    trace.records.push_back(std::move(stored));
  }
  if (trace.records.back().received < state.Cutoff()) return std::nullopt;
  return trace;
}

bool IsCrowded(const EngineState& state, const OpenTable& table, size_t more) {
  return table.reopened_bytes() + more >
         state.options.open_table_bytes / limits::kReopenedPart;
}

bool IsLarge(const EngineState& state, uint64_t bytes, uint64_t records) {
  return bytes > state.options.whole_trace_bytes ||
         records > state.options.whole_trace_records;
}

absl::StatusOr<ReopenedTrace> ReadToReopen(const EngineState& state,
                                           const TraceId& id,
                                           const SealedPlace& place,
                                           bool crowded) {
  const Locator& locator = place.locator;
  const bool large =
      locator.bytes &&
      (crowded || IsLarge(state, *locator.bytes, locator.TotalRecords()));
  const std::shared_ptr<const SealedView> view = state.sealed.View();
  const SealedBatch* batch = view->FindBatch(locator.batch);
  // Else only its last record tells whether it has expired.
  if (large && batch != nullptr &&
      batch->head.received.min >= state.Cutoff().ns) {
    ReopenedTrace kept;
    kept.earlier = KeepPieces(state.sealed, place.bucket, locator.Pieces());
    kept.earlier_bytes = *locator.bytes;
    kept.earlier_contexts = locator.contexts;
    return kept;
  }
  RTG_ASSIGN_OR_RETURN(ReopenedTrace opened,
                       ReadAsOpen(state, id, *place.bucket, locator.Pieces(),
                                  Unread::kDamagedLeftOut));
  if (!opened.records.empty() &&
      opened.records.back().received < state.Cutoff()) {
    return ReopenedTrace();
  }
  return opened;
}

absl::StatusOr<ReopenedTrace> ReadAsOpen(const EngineState& state,
                                         const TraceId& id,
                                         const Bucket& bucket,
                                         std::span<const Piece> pieces,
                                         Unread older) {
  absl::Status missing;
  const auto read = [&] {
    MemoryMeter meter(UnattendedCall());
    return ReadPiecesInPart(state.sealed, bucket, pieces, id, meter, missing);
  };
  RTG_ASSIGN_OR_RETURN(std::vector<StoredRecord> records, read());
  if (!missing.ok()) {
    RTG_ASSIGN_OR_RETURN(records, read());
  }
  if (!missing.ok()) {
    const bool leaves =
        older == Unread::kLeftOut ||
        (older == Unread::kDamagedLeftOut && absl::IsDataLoss(missing));
    if (!leaves) return missing;
    // What is lost stays lost; new records must not be.
    size_t all = 0;
    for (const Piece& piece : pieces) all += piece.records;
    LogError("sealed trace is damaged, records of it are left out",
             {{"trace", id.ToString()},
              {"records", all - records.size()},
              {"error", missing.ToString()}});
  }
  if (records.empty()) return ReopenedTrace();
  return ToOpenRecords(id, records);
}

}  // namespace roentgen::storage
