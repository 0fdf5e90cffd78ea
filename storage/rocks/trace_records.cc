#include "storage/rocks/trace_records.h"

#include <utility>
#include <vector>

#include "base/call.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace roentgen::storage {

absl::StatusOr<std::optional<TraceRecords>> ReadTraceRecords(
    const EngineState& state, const TraceId& id, BlockReader& reader,
    MemoryMeter& meter) {
  std::vector<OpenRecord> open;
  state.live.Read([&](const OpenTable& table, const auto&) {
    if (const OpenTrace* trace = table.Find(id)) open = trace->records;
  });
  TraceRecords trace{
      .trace_id = id, .records = {}, .rules = state.options.rules};
  for (const OpenRecord& record : open) {
    RTG_ASSIGN_OR_RETURN(StoredRecord stored, reader.Read(id, record));
    RTG_RETURN_IF_ERROR(meter.AddRecord(stored));
    trace.records.push_back(std::move(stored));
  }
  if (open.empty()) {
    RTG_ASSIGN_OR_RETURN(const std::optional<SealedPlace> place,
                         state.sealed.Locate(id));
    if (!place) return std::nullopt;
    RTG_ASSIGN_OR_RETURN(trace.records,
                         state.sealed.ReadTrace(*place, id, meter));
  }
  if (trace.records.back().received < state.Cutoff()) return std::nullopt;
  return trace;
}

absl::StatusOr<ReopenedTrace> ReadToReopen(const EngineState& state,
                                           const TraceId& id,
                                           const SealedPlace& place) {
  const auto read = [&] {
    MemoryMeter meter(UnattendedCall());
    return state.sealed.ReadTrace(place, id, meter);
  };
  absl::StatusOr<std::vector<StoredRecord>> records = read();
  if (absl::IsDataLoss(records.status())) {
    records = read();
  }
  if (absl::IsDataLoss(records.status())) {
    // What is lost stays lost; new records must not be.
    LogError(
        "sealed trace is damaged, its records are left out",
        {{"trace", id.ToString()}, {"error", records.status().ToString()}});
    return ReopenedTrace();
  }
  RTG_RETURN_IF_ERROR(records.status());
  if (records->back().received < state.Cutoff()) return ReopenedTrace();
  return ToOpenRecords(id, *records);
}

}  // namespace roentgen::storage
