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

// What sealing a trace counts for. Records that stay where they are are looked
// at, not written.
constexpr size_t kEarlierPerRecord = 8;
struct Work {
  size_t records = 0;
  size_t bytes = 0;  // Of documents that are written.
};

size_t RecordsOf(const OpenTrace& trace) {
  const size_t earlier =
      trace.earlier == nullptr ? 0 : trace.earlier->records();
  return trace.records.size() + earlier / kEarlierPerRecord;
}

// How many pieces a seal of `records` new ones in `bucket` writes again.
size_t JoinedPieces(std::span<const Piece> pieces, const SealedPlace& place,
                    const Bucket& bucket, size_t records,
                    const RocksEngineOptions& options) {
  return place.bucket->id == bucket.id
             ? PiecesToJoin(pieces, records, options.piece_ratio)
             : pieces.size();
}

// With the pieces that are written again. `place`: of older records that are
// sealed; null: there are none.
Work WorkOf(const OpenTrace& trace, const SealedPlace* place,
            const Bucket& bucket, const RocksEngineOptions& options) {
  Work work{.records = RecordsOf(trace)};
  for (const OpenRecord& r : trace.records) work.bytes += r.document_bytes;
  if (trace.earlier == nullptr || place == nullptr) return work;
  const std::vector<Piece> pieces = place->locator.Pieces();
  size_t joined = 0;
  for (size_t i =
           JoinedPieces(pieces, *place, bucket, trace.records.size(), options);
       i > 0; --i) {
    joined += pieces[pieces.size() - i].records;
  }
  work.records += joined;
  work.bytes += static_cast<size_t>(static_cast<double>(trace.bytes) *
                                    static_cast<double>(joined) /
                                    static_cast<double>(trace.TotalRecords()));
  return work;
}

// Whether a batch takes one trace more: it takes the first one always.
class BatchSize {
 public:
  explicit BatchSize(const RocksEngineOptions& options) : options_(options) {}

  bool Add(const Work& work) {
    if (!empty_ &&
        (work_.records + work.records > options_.seal_batch_records ||
         work_.bytes + work.bytes > limits::kSealedBatchBytesMax)) {
      return false;
    }
    empty_ = false;
    work_.records += work.records;
    work_.bytes += work.bytes;
    return true;
  }

 private:
  const RocksEngineOptions& options_;
  Work work_;
  bool empty_ = true;
};

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
DueTraces FindDue(const EngineState& state, bool all,
                  const std::map<TraceId, absl::Duration>& held) {
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
      if (held.contains(id) || (!all && !due.pressed && waits)) continue;
      due.traces.push_back({.can_wait = waits && trace.earlier != nullptr,
                            .last_received = trace.last_received,
                            .id = id});
      due.records += RecordsOf(trace);
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

std::vector<TraceToSeal> TakeBatch(const EngineState& state,
                                   const Bucket& bucket, DueTraces& due) {
  std::vector<TraceToSeal> picked;
  size_t taken = 0;
  BatchSize size(state.options);
  state.live.Read([&](const OpenTable& table, const auto& places) {
    for (; !due.traces.empty(); due.traces.pop_back()) {
      const DueTraces::Item& item = due.traces.back();
      const OpenTrace* trace = table.Find(item.id);
      if (trace == nullptr || trace->last_received != item.last_received) {
        continue;
      }
      const auto place = places.find(item.id);
      if (!size.Add(WorkOf(*trace,
                           place == places.end() ? nullptr : &place->second,
                           bucket, state.options))) {
        break;
      }
      taken += RecordsOf(*trace);
      picked.push_back(Pick(state, item.id, *trace));
    }
  });
  due.records -= std::min(due.records, taken);
  SortByArrival(picked);
  return picked;
}

std::vector<TraceToSeal> TakeBatch(const EngineState& state,
                                   std::vector<TraceToSeal>& reopened) {
  std::vector<TraceToSeal> picked;
  BatchSize size(state.options);
  while (!reopened.empty()) {
    TraceToSeal& trace = reopened.back();
    const size_t earlier =
        trace.part.earlier == nullptr ? 0 : trace.part.earlier->records();
    if (!size.Add({.records = trace.part.records.size() + earlier,
                   .bytes = trace.bytes})) {
      break;
    }
    picked.push_back(std::move(trace));
    reopened.pop_back();
  }
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

absl::Status DecidePieces(const EngineState& state, const Bucket& bucket,
                          Unread older, TraceToSeal& trace) {
  if (trace.part.earlier == nullptr) return absl::OkStatus();
  const std::optional<SealedPlace> place =
      state.live.Read([&](const OpenTable&, const auto& places) {
        const auto at = places.find(trace.id);
        return at == places.end() ? std::nullopt : std::optional(at->second);
      });
  if (!place) return absl::OkStatus();  // Purged: it is not sealed either.
  const std::vector<Piece> pieces = place->locator.Pieces();
  const std::span<const Piece> all = pieces;
  const bool moves = place->bucket->id != bucket.id;
  size_t stay = pieces.size();
  size_t left = JoinedPieces(all, *place, bucket, trace.part.records.size(),
                             state.options);
  for (; left > 0; --left) {
    // A piece that does not read stays, as long as it may: what of it reads
    // another time, or in a repair, is not lost.
    const bool must = moves || stay >= limits::kTracePiecesMax;
    absl::StatusOr<ReopenedTrace> read =
        ReadAsOpen(state, trace.id, *place->bucket, all.subspan(stay - 1, 1),
                   must ? older : Unread::kStay);
    if (!read.ok() && !must) break;
    RTG_RETURN_IF_ERROR(read.status());
    std::vector<OpenRecord>& records = trace.part.records;
    records.insert(records.begin(),
                   std::make_move_iterator(read->records.begin()),
                   std::make_move_iterator(read->records.end()));
    --stay;
  }
  trace.part.earlier =
      stay == 0 ? nullptr
                : KeepPieces(state.sealed, place->bucket,
                             {pieces.begin(),
                              pieces.begin() + static_cast<ptrdiff_t>(stay)});
  return absl::OkStatus();
}

}  // namespace roentgen::storage
