#include "query/trace_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
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

}  // namespace

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
                         const std::function<bool(const Trace& trace)>& visit) {
  return VisitRecords(engine, ids, control, [&](const TraceRecords& records) {
    const absl::StatusOr<Trace> trace = storage::AssembleTrace(records);
    if (trace.ok()) return visit(*trace);
    LogDamagedTrace(records.trace_id, trace.status());
    return true;
  });
}

}  // namespace roentgen::query
