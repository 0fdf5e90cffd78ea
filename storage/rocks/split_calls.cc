#include "storage/rocks/split_calls.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/index/column_source.h"
#include "storage/live/batch_builder.h"
#include "storage/rocks/index_scan.h"
#include "storage/rocks/trace_records.h"
#include "trace/assembly/memory_meter.h"
#include "trace/assembly/operations.h"
#include "trace/assembly/split_traces.h"
#include "trace/assembly/trace.h"
#include "trace/model/record.h"

namespace roentgen::storage {
namespace {

// Traces whose open blocks are kept unpacked together.
constexpr size_t kTracesPerReader = 64;

class SplitCallReader {
 public:
  SplitCallReader(EngineState& state, const TimeRange& range, CallSet set,
                  const Call& call)
      : state_(state), range_(range), set_(set), call_(call) {}

  absl::StatusOr<SplitCalls> Run() && {
    RTG_ASSIGN_OR_RETURN(const std::vector<WholeTrace> wholes, Find());
    std::optional<BlockReader> reader;
    size_t read = 0;
    for (const WholeTrace& whole : wholes) {
      const bool counts = range_.Contains(whole.start);
      if (counts) {
        if (read == limits::kSplitTracesReadMax ||
            bytes_ > limits::kSplitTraceBytesMax) {
          continue;
        }
        RTG_RETURN_IF_ERROR(call_.Check());
        if (read++ % kTracesPerReader == 0) reader.emplace();
        const absl::Status status = Add(whole, *reader);
        if (!status.ok()) {
          LogError("a trace in two halves cannot be read as one",
                   {{"trace", whole.halves.front().ToString()},
                    {"error", status.ToString()}});
          continue;
        }
      }
      out_.halves.insert(whole.halves.begin(), whole.halves.end());
    }
    return std::move(out_);
  }

 private:
  absl::StatusOr<std::vector<WholeTrace>> Find() {
    SplitTraces split;
    RTG_RETURN_IF_ERROR(Scan([&](const ScanHit& hit) -> absl::Status {
      RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> rows,
                           hit.source.Rows(Column::kShortIdTrace, {}));
      if (rows.empty()) return absl::OkStatus();
      return ForEach(hit, [&](const TraceId& id, Timestamp start) {
        if (id.IsShort()) split.AddShort(id, start);
      });
    }));
    if (split.empty()) return std::vector<WholeTrace>();
    RTG_RETURN_IF_ERROR(Scan([&](const ScanHit& hit) {
      return ForEach(hit, [&](const TraceId& id, Timestamp start) {
        if (!id.IsShort()) split.AddLong(id, start);
      });
    }));
    return split.Take();
  }

  absl::Status Scan(const IndexScan::Visit& visit) {
    const ScanRequest request{.time_type = TimeRangeType::kTraceId,
                              .range = AroundRange(range_),
                              .predicate = nullptr};
    FindStats stats;
    return IndexScan(state_, request, call_, stats)
        .Run([](const BatchOutline&) { return true; }, visit);
  }

  template <typename Fn>
  static absl::Status ForEach(const ScanHit& hit, Fn fn) {
    RTG_ASSIGN_OR_RETURN(const std::string_view ids, hit.trace_ids());
    RTG_ASSIGN_OR_RETURN(const NumberColumn starts,
                         hit.source.Numbers(Column::kStart, {}));
    if (starts.values.size() != hit.match.may.size() ||
        ids.size() != starts.values.size() * sizeof(TraceId::bytes)) {
      return absl::DataLossError("index: columns of traces differ in length");
    }
    hit.match.may.ForEach([&](uint32_t i) {
      fn(TraceIdAt(ids, i), Timestamp{starts.values[i]});
    });
    return absl::OkStatus();
  }

  // Errors: that a half is not there any more, or does not read.
  absl::Status Add(const WholeTrace& whole, BlockReader& reader) {
    std::vector<TraceRecords> halves;
    MemoryMeter meter(call_);
    for (const TraceId& id : whole.halves) {
      RTG_ASSIGN_OR_RETURN(std::optional<TraceRecords> half,
                           ReadTraceRecords(state_, id, reader, meter));
      if (!half) return absl::NotFoundError("a half has expired");
      for (const StoredRecord& record : half->records) {
        bytes_ += record.document.size();
      }
      halves.push_back(*std::move(half));
    }
    RTG_ASSIGN_OR_RETURN(const Trace trace,
                         AssembleTrace(JoinHalves(std::move(halves)), call_));
    AddCallsOf(trace, set_, out_.calls);
    return absl::OkStatus();
  }

  EngineState& state_;
  const TimeRange& range_;
  const CallSet set_;
  const Call& call_;
  size_t bytes_ = 0;  // Of the records that were read.
  SplitCalls out_;
};

}  // namespace

absl::StatusOr<SplitCalls> CountSplitCalls(EngineState& state,
                                           const TimeRange& range, CallSet set,
                                           const Call& call) {
  return SplitCallReader(state, range, set, call).Run();
}

}  // namespace roentgen::storage
