#include "storage/rocks/due_traces.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/rocks/sealed_pieces.h"
#include "storage/rocks/trace_records.h"

namespace roentgen::storage {
namespace {

// Neighbours are in the same request blocks, and their times are near.
void SortByArrival(std::vector<TraceToSeal>& traces) {
  std::sort(traces.begin(), traces.end(),
            [](const TraceToSeal& a, const TraceToSeal& b) {
              return std::tie(a.part.records.front().sequence, a.id) <
                     std::tie(b.part.records.front().sequence, b.id);
            });
}

TraceToSeal Pick(const EngineState& state, const TraceId& id,
                 const OpenTrace& trace) {
  TraceToSeal picked{.id = id, .part = trace, .bytes = trace.bytes};
  if (IsLarge(state, trace.bytes, trace.TotalRecords())) {
    trace.contexts.ForEach([&](uint64_t hash) {
      if (picked.contexts.size() < limits::kTraceContextsToldMax) {
        picked.contexts.push_back(hash);
      }
    });
  }
  return picked;
}

// What sealing it counts for. Earlier records are looked at, not written.
constexpr size_t kEarlierPerRecord = 8;
size_t WorkOf(const OpenTrace& trace) {
  const size_t earlier =
      trace.earlier == nullptr ? 0 : trace.earlier->records();
  return trace.records.size() + earlier / kEarlierPerRecord;
}

// How long it has to be quiet: the longer, the more has to be looked at again.
absl::Duration IdleFor(const OpenTrace& trace,
                       const RocksEngineOptions& options) {
  constexpr size_t kRecordsPerWait = 8'192;
  const size_t earlier =
      trace.earlier == nullptr ? 0 : trace.earlier->records();
  return std::max(
      options.seal_idle,
      std::min(options.seal_idle *
                   (1.0 + static_cast<double>(earlier) / kRecordsPerWait),
               options.seal_age_max));
}

}  // namespace

// Begin early enough that the table does not fill up meanwhile.
bool IsPressed(const EngineState& state) {
  const size_t bytes_max = state.options.open_table_bytes / 4 * 3;
  return state.live.Read([&](const OpenTable& table, const auto&) {
    return table.bytes() > bytes_max;
  });
}

// What is to be sealed, longest idle first; nothing while it is too little.
DueTraces FindDue(const EngineState& state, bool all) {
  const RocksEngineOptions& options = state.options;
  const Timestamp now = state.time.ForArrival();
  DueTraces due;
  due.pressed = IsPressed(state);
  bool waited = false;
  state.live.Read([&](const OpenTable& table, const auto&) {
    for (const auto& [id, trace] : table.traces()) {
      const absl::Duration idle = now - trace.last_received;
      const absl::Duration age = now - trace.opened.value_or(now);
      const bool waits =
          idle < IdleFor(trace, options) && age < options.seal_age_max;
      if (!all && !due.pressed && waits) continue;
      due.traces.push_back({.can_wait = waits && trace.earlier != nullptr,
                            .last_received = trace.last_received,
                            .id = id});
      due.records += WorkOf(trace);
      waited |= idle >= options.seal_wait_max || age >= options.seal_wait_max;
    }
  });
  if (!all && !due.pressed && !waited &&
      due.records < options.seal_batch_records) {
    return {};
  }
  // Taken from the end.
  std::sort(due.traces.begin(), due.traces.end(), std::greater<>());
  return due;
}

// The next batch, in order of arrival. Traces that are gone or have news by now
// are not taken.
std::vector<TraceToSeal> TakeBatch(const EngineState& state, DueTraces& due) {
  std::vector<TraceToSeal> picked;
  size_t taken = 0;
  size_t bytes = 0;
  state.live.Read([&](const OpenTable& table, const auto&) {
    for (; !due.traces.empty(); due.traces.pop_back()) {
      const DueTraces::Item& item = due.traces.back();
      const OpenTrace* trace = table.Find(item.id);
      if (trace == nullptr || trace->last_received != item.last_received) {
        continue;
      }
      const size_t more = WorkOf(*trace);
      size_t documents = 0;
      for (const OpenRecord& r : trace->records) documents += r.document_bytes;
      if (taken > 0 && (taken + more > state.options.seal_batch_records ||
                        bytes + documents > limits::kSealedBatchBytesMax)) {
        break;
      }
      taken += more;
      bytes += documents;
      picked.push_back(Pick(state, item.id, *trace));
    }
  });
  due.records -= std::min(due.records, taken);
  SortByArrival(picked);
  return picked;
}

std::vector<TraceToSeal> PickReopenedFrom(const EngineState& state,
                                          const Bucket& bucket) {
  std::vector<TraceToSeal> picked;
  state.live.Read([&](const OpenTable& table, const auto& reopened) {
    for (const auto& [id, place] : reopened) {
      if (place.bucket->id != bucket.id) continue;
      if (const OpenTrace* trace = table.Find(id)) {
        picked.push_back(Pick(state, id, *trace));
      }
    }
  });
  SortByArrival(picked);
  return picked;
}

// Which of a trace's earlier records stay where they are: those in the bucket
// of the seal, as far as they are many beside what is new.
absl::Status DecidePieces(const EngineState& state, const Bucket& bucket,
                          TraceToSeal& trace) {
  if (trace.part.earlier == nullptr) return absl::OkStatus();
  const std::optional<SealedPlace> place =
      state.live.Read([&](const OpenTable&, const auto& places) {
        const auto at = places.find(trace.id);
        return at == places.end() ? std::nullopt : std::optional(at->second);
      });
  if (!place) return absl::OkStatus();  // Purged: it is not sealed either.
  const std::vector<Piece> pieces = place->locator.Pieces();
  const size_t joined = place->bucket->id == bucket.id
                            ? PiecesToJoin(pieces, trace.part.records.size(),
                                           state.options.piece_ratio)
                            : pieces.size();
  if (joined == 0) return absl::OkStatus();
  const std::span<const Piece> all = pieces;
  RTG_ASSIGN_OR_RETURN(
      ReopenedTrace reopened,
      ReadAsOpen(state, trace.id, *place->bucket, all.last(joined)));
  std::vector<OpenRecord>& records = trace.part.records;
  records.insert(records.begin(),
                 std::make_move_iterator(reopened.records.begin()),
                 std::make_move_iterator(reopened.records.end()));
  const std::span<const Piece> stay = all.first(all.size() - joined);
  trace.part.earlier = stay.empty() ? nullptr
                                    : KeepPieces(state.sealed, place->bucket,
                                                 {stay.begin(), stay.end()});
  return absl::OkStatus();
}

}  // namespace roentgen::storage
