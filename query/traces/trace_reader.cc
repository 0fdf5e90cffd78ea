#include "query/traces/trace_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "trace/assembly/memory_meter.h"
#include "trace/model/record.h"

namespace roentgen::query {
namespace {

using storage::Trace;
using storage::TraceId;
using storage::TraceRecords;

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

absl::Status TooLarge(const TraceSize& trace, const Call& call) {
  return absl::ResourceExhaustedError(
      "trace " + trace.id.ToString() + " has " + std::to_string(trace.bytes) +
      " bytes in " + std::to_string(trace.documents) +
      " documents: with what is made of them it takes more than memory.query, "
      "which is " +
      std::to_string(call.memory_bytes_max()) + " bytes");
}

}  // namespace

size_t DocumentBytes(const TraceRecords& records) {
  size_t bytes = 0;
  for (const storage::StoredRecord& record : records.records) {
    bytes += record.document.size();
  }
  return bytes;
}

absl::StatusOr<std::vector<storage::TraceSpan>> SpansWithin(
    TraceRecords records, const Call& call) {
  const TraceSize size = SizeOf(records);
  absl::StatusOr<std::vector<storage::TraceSpan>> spans =
      storage::SpansOfTrace(std::move(records.records), call);
  if (!absl::IsResourceExhausted(spans.status())) return spans;
  return TooLarge(size, call);
}

absl::StatusOr<Trace> AssembleWithin(const TraceRecords& records,
                                     const Call& call, storage::Texts texts) {
  absl::StatusOr<Trace> trace = storage::AssembleTrace(records, call, texts);
  if (!absl::IsResourceExhausted(trace.status())) return trace;
  return TooLarge(SizeOf(records), call);
}

void LogLeftOut(const TraceId& id, const absl::Status& status) {
  LogError("trace is left out of a search",
           {{"trace", id.ToString()}, {"error", status.ToString()}});
}

bool IsOfOneTrace(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsResourceExhausted(status);
}

absl::StatusOr<std::optional<TraceRecords>> ReadWithin(
    storage::TraceEngine& engine, const TraceId& id, const Call& call) {
  absl::StatusOr<std::vector<TraceRecords>> found =
      engine.GetTraces({&id, 1}, call);
  if (absl::IsResourceExhausted(found.status())) {
    return absl::ResourceExhaustedError(
        "trace " + id.ToString() + " takes more than memory.query, which is " +
        std::to_string(call.memory_bytes_max()) + " bytes");
  }
  RTG_RETURN_IF_ERROR(found.status());
  if (found->empty()) return std::optional<TraceRecords>();
  return std::optional<TraceRecords>(std::move(found->front()));
}

absl::Status VisitRecords(
    storage::TraceEngine& engine, std::span<const TraceId> ids,
    const Call& call, const std::function<bool(TraceRecords records)>& visit) {
  // A few at a time, where they are small; else each by itself, also to find
  // the one that is damaged.
  const size_t at_once = engine.traits().traces_at_once;
  const Call together = call.WithMemory(call.memory_bytes_max() / 4);
  while (!ids.empty()) {
    const std::span<const TraceId> some =
        ids.first(std::min(at_once, ids.size()));
    ids = ids.subspan(some.size());
    absl::StatusOr<std::vector<TraceRecords>> traces =
        engine.GetTraces(some, together);
    if (traces.ok()) {
      for (TraceRecords& records : *traces) {
        if (!visit(std::move(records))) return absl::OkStatus();
      }
      continue;
    }
    if (!IsOfOneTrace(traces.status())) return traces.status();
    for (const TraceId& id : some) {
      absl::StatusOr<std::optional<TraceRecords>> one =
          ReadWithin(engine, id, call);
      if (IsOfOneTrace(one.status())) {
        LogLeftOut(id, one.status());
        continue;
      }
      RTG_RETURN_IF_ERROR(one.status());
      if (*one && !visit(std::move(**one))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status VisitTraces(storage::TraceEngine& engine,
                         std::span<const TraceId> ids, const Call& call,
                         const std::function<bool(const Trace& trace)>& visit) {
  absl::Status status;
  RTG_RETURN_IF_ERROR(
      VisitRecords(engine, ids, call, [&](const TraceRecords& records) {
        const absl::StatusOr<Trace> trace = AssembleWithin(records, call);
        if (trace.ok()) return visit(*trace);
        if (!IsOfOneTrace(trace.status())) {
          status = trace.status();
          return false;
        }
        LogLeftOut(records.trace_id, trace.status());
        return true;
      }));
  return status;
}

}  // namespace roentgen::query
