#include "query/trace_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/assembly/memory_meter.h"
#include "storage/model/record.h"

namespace roentgen::query {
namespace {

using storage::Trace;
using storage::TraceId;
using storage::TraceRecords;

absl::StatusOr<std::vector<TraceRecords>> ReadIntact(
    storage::TraceEngine& engine, std::span<const TraceId> ids,
    const CallControl& control) {
  absl::StatusOr<std::vector<TraceRecords>> all =
      engine.GetTraces(ids, control);
  if (!absl::IsDataLoss(all.status())) return all;
  std::vector<TraceRecords> intact;
  for (const TraceId& id : ids) {
    absl::StatusOr<std::vector<TraceRecords>> one =
        engine.GetTraces({&id, 1}, control);
    if (absl::IsDataLoss(one.status())) {
      LogDamagedTrace(id, one.status());
      continue;
    }
    if (!one.ok()) return one.status();
    for (TraceRecords& records : *one) intact.push_back(std::move(records));
  }
  return intact;
}

// What an error says of a trace.
struct TraceSize {
  TraceId id;
  size_t documents = 0;
  size_t bytes = 0;
};

TraceSize SizeOf(const TraceRecords& records) {
  return {.id = records.trace_id,
          .documents = records.records.size(),
          .bytes = storage::MemoryOf(records.records)};
}

absl::Status TooLarge(const TraceSize& trace, const ReadBounds& bounds) {
  return absl::ResourceExhaustedError(
      "trace " + trace.id.ToString() + " has " + std::to_string(trace.bytes) +
      " bytes in " + std::to_string(trace.documents) +
      " documents: with what is made of them it takes more than memory.query, "
      "which is " +
      std::to_string(bounds.memory_bytes_max) + " bytes");
}

}  // namespace

size_t DocumentBytes(const TraceRecords& records) {
  size_t bytes = 0;
  for (const storage::StoredRecord& record : records.records) {
    bytes += record.document.size();
  }
  return bytes;
}

storage::KeepGoing KeepGoingFor(const CallControl& control,
                                const ReadBounds& bounds) {
  if (bounds.clock == nullptr) return nullptr;
  return [&control, clock = bounds.clock] { return control.Check(*clock); };
}

absl::StatusOr<std::vector<storage::TraceSpan>> SpansWithin(
    TraceRecords records, const CallControl& control,
    const ReadBounds& bounds) {
  const TraceSize size = SizeOf(records);
  absl::StatusOr<std::vector<storage::TraceSpan>> spans = storage::SpansOfTrace(
      std::move(records.records), KeepGoingFor(control, bounds),
      bounds.memory_bytes_max);
  if (!absl::IsResourceExhausted(spans.status())) return spans;
  return TooLarge(size, bounds);
}

absl::StatusOr<Trace> AssembleWithin(const TraceRecords& records,
                                     const CallControl& control,
                                     const ReadBounds& bounds,
                                     storage::Texts texts) {
  absl::StatusOr<Trace> trace = storage::AssembleTrace(
      records, texts, KeepGoingFor(control, bounds), bounds.memory_bytes_max);
  if (!absl::IsResourceExhausted(trace.status())) return trace;
  return TooLarge(SizeOf(records), bounds);
}

void LogDamagedTrace(const TraceId& id, const absl::Status& status) {
  LogError("trace is damaged, left out of a search",
           {{"trace", id.ToString()}, {"error", status.ToString()}});
}

absl::Status VisitRecords(
    storage::TraceEngine& engine, std::span<const TraceId> ids,
    const CallControl& control,
    const std::function<bool(TraceRecords records)>& visit) {
  // A few at a time: traces may be large.
  constexpr size_t kTracesAtOnce = 8;
  while (!ids.empty()) {
    const size_t count = std::min(kTracesAtOnce, ids.size());
    RTG_ASSIGN_OR_RETURN(std::vector<TraceRecords> traces,
                         ReadIntact(engine, ids.first(count), control));
    ids = ids.subspan(count);
    for (TraceRecords& records : traces) {
      if (!visit(std::move(records))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status VisitTraces(storage::TraceEngine& engine,
                         std::span<const TraceId> ids,
                         const CallControl& control,
                         const std::function<bool(const Trace& trace)>& visit,
                         const ReadBounds& bounds) {
  absl::Status status;
  RTG_RETURN_IF_ERROR(
      VisitRecords(engine, ids, control, [&](const TraceRecords& records) {
        const absl::StatusOr<Trace> trace =
            AssembleWithin(records, control, bounds);
        if (trace.ok()) return visit(*trace);
        if (!absl::IsDataLoss(trace.status())) {
          status = trace.status();
          return false;
        }
        LogDamagedTrace(records.trace_id, trace.status());
        return true;
      }));
  return status;
}

}  // namespace roentgen::query
