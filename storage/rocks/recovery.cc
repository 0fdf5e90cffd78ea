#include "storage/rocks/recovery.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/record/context_table.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/logged_records.h"
#include "storage/rocks/trace_records.h"

namespace roentgen::storage {
namespace {

// A commit of the log, its documents parsed.
struct Replayed {
  uint64_t number = 0;
  Commit commit;
  struct Record {
    TraceId trace_id;
    std::shared_ptr<const std::string> block;
    uint32_t index = 0;
    EntityId own_id;
    uint32_t document_bytes = 0;
    ContextPrint context;
  };
  std::vector<Record> records;
  absl::Status status;
};

absl::Status ParseRecords(Replayed& replayed) {
  ContextPrinter prints;
  return ForEachLogged(replayed.commit, [&](const LoggedRecord& record) {
    replayed.records.push_back(
        {.trace_id = record.trace_id,
         .block = record.block,
         .index = record.index,
         .own_id = record.document.root().id,
         .document_bytes = static_cast<uint32_t>(record.stored.document.size()),
         .context = prints.Of(record.stored.context)});
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Replayed>> ReadLog(EngineState& state) {
  std::vector<Replayed> log;
  RTG_RETURN_IF_ERROR(state.db->ForEach(
      state.log->get(), {}, "while reading the log",
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto number = ParseLogKey(key);
        if (!number) return absl::DataLossError("log: bad key");
        Replayed replayed;
        replayed.number = *number;
        RTG_ASSIGN_OR_RETURN(replayed.commit, DecodeCommit(value));
        log.push_back(std::move(replayed));
        return absl::OkStatus();
      }));
  return log;
}

absl::Status Missing(uint64_t first, uint64_t end) {
  return absl::DataLossError(
      "the log lacks commits that were acknowledged, from " +
      std::to_string(first) + " to before " + std::to_string(end));
}

// Each commit names the one before, and the marks name the last one that was
// there when they were written. Numbers alone have gaps: one whose write failed
// is not used again.
absl::Status CheckComplete(const StoreMarks& marks,
                           const std::vector<Replayed>& log) {
  const auto is_there = [&](uint64_t number) {
    if (number < std::max<uint64_t>(marks.log_begin, 1)) return true;
    const auto at = std::lower_bound(
        log.begin(), log.end(), number,
        [](const Replayed& r, uint64_t n) { return r.number < n; });
    return at != log.end() && at->number == number;
  };
  uint64_t before = std::max<uint64_t>(marks.log_begin, 1);
  for (const Replayed& replayed : log) {
    const std::optional<uint64_t>& previous = replayed.commit.previous;
    if (previous && !is_there(*previous)) {
      return Missing(before, replayed.number);
    }
    before = replayed.number + 1;
  }
  if (!is_there(marks.last_commit)) {
    return Missing(before, marks.last_commit + 1);
  }
  return absl::OkStatus();
}

void ParseAll(std::vector<Replayed>& log) {
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::atomic<size_t> next{0};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (size_t j = next++; j < log.size(); j = next++) {
        log[j].status = ParseRecords(log[j]);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
}

absl::StatusOr<std::string> ReadTraceIds(const SealedStore& sealed,
                                         const SealedBatch& batch) {
  std::string ids;
  RTG_RETURN_IF_ERROR(sealed.Chunks(batch).Read(
      Column::kTraceId, Part::kValues, {}, [&](std::string_view bytes) {
        ids = bytes;
        return absl::OkStatus();
      }));
  if (ids.size() != size_t{batch.head.traces} * 16) {
    return absl::DataLossError("trace id column: not as long as its batch");
  }
  return ids;
}

using Through = absl::flat_hash_map<TraceId, uint64_t>;

// The same of one batch: of traces that the log has, and whose locators say
// that they are in it.
absl::Status LocateSealed(const EngineState& state, const SealedBatch& batch,
                          const std::vector<Replayed>& log, Through& through) {
  absl::flat_hash_set<TraceId> looked;
  for (const Replayed& replayed : log) {
    for (const Replayed::Record& record : replayed.records) {
      if (!looked.insert(record.trace_id).second) continue;
      RTG_ASSIGN_OR_RETURN(const std::optional<SealedPlace> place,
                           state.sealed.Locate(record.trace_id));
      if (!place || place->locator.batch != batch.id) continue;
      uint64_t& t = through[record.trace_id];
      t = std::max(t, batch.head.through_commit);
    }
  }
  return absl::OkStatus();
}

// Per trace, the commit through which all its records are sealed. Looks only
// at batches that may cover something of the log.
absl::StatusOr<Through> SealedThrough(const EngineState& state,
                                      const std::vector<Replayed>& log) {
  Through through;
  const std::shared_ptr<const SealedView> view = state.sealed.View();
  for (const auto& batch : view->batches) {
    if (batch->head.through_commit < log.front().number) continue;
    const absl::StatusOr<std::string> read = ReadTraceIds(state.sealed, *batch);
    if (absl::IsDataLoss(read.status())) {
      LogError("the trace ids of a batch are damaged, its traces are located",
               {{"batch", batch->id}, {"error", read.status().ToString()}});
      RTG_RETURN_IF_ERROR(LocateSealed(state, *batch, log, through));
      continue;
    }
    RTG_RETURN_IF_ERROR(read.status());
    const std::string& ids = *read;
    size_t dead = 0;
    for (uint32_t i = 0; i < batch->head.traces; ++i) {
      if (dead < batch->dead.size() && batch->dead[dead] == i) {
        ++dead;
        continue;
      }
      uint64_t& t = through[TraceId::FromBytes(
          std::string_view(ids).substr(size_t{i} * 16, 16))];
      t = std::max(t, batch->head.through_commit);
    }
  }
  return through;
}

using Places = LiveTraces<SealedPlace>::Places;

absl::Status Reopen(EngineState& state, const TraceId& id, OpenTable& table,
                    Places& places) {
  if (table.Find(id) != nullptr) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(std::optional<SealedPlace> place,
                       state.sealed.Locate(id));
  if (!place) return absl::OkStatus();  // Its bucket was dropped since.
  // As when it was reopened: what is damaged stays lost, and what retention
  // hides does not come back.
  RTG_ASSIGN_OR_RETURN(
      ReopenedTrace opened,
      ReadToReopen(state, id, *place, IsCrowded(state, table)));
  table.Reopen(id, std::move(opened));
  places[id] = *std::move(place);
  return absl::OkStatus();
}

absl::Status Apply(EngineState& state, Replayed& replayed,
                   const Through& through, OpenTable& table, Places& places) {
  const auto is_sealed = [&](const TraceId& id) {
    const auto found = through.find(id);
    return found != through.end() && replayed.number <= found->second;
  };
  for (const TraceId& id : replayed.commit.reopened) {
    if (!is_sealed(id)) {
      RTG_RETURN_IF_ERROR(Reopen(state, id, table, places));
    }
  }
  uint32_t position = 0;
  for (Replayed::Record& record : replayed.records) {
    const RecordSequence sequence{replayed.number, position++};
    if (is_sealed(record.trace_id)) continue;
    const OpenTrace& trace =
        table.Append(record.trace_id,
                     {.sequence = sequence,
                      .received = replayed.commit.received,
                      .block = std::move(record.block),
                      .index = record.index,
                      .in_log = true,
                      .document_bytes = record.document_bytes,
                      .own_id = record.own_id},
                     record.context);
    if (trace.IsFull()) state.live.full().Add(record.trace_id);
  }
  return absl::OkStatus();
}

// A time that is over for sure, as far as the store tells.
std::optional<Timestamp> LatestKnown(const EngineState& state) {
  const Timestamp marked = state.sealed.marks().latest;
  if (marked != Timestamp::Min()) return marked;
  // Written before there were marks. Arrivals went by the clock, right or
  // wrong.
  std::optional<Timestamp> newest;
  for (const auto& batch : state.sealed.View()->batches) {
    if (batch->head.traces == 0) continue;
    const Timestamp received{batch->head.received.max};
    if (!newest || received > *newest) newest = received;
  }
  if (newest) newest = std::min(*newest, state.clock.Now());
  return newest;
}

}  // namespace

absl::Status Recover(EngineState& state) {
  RTG_RETURN_IF_ERROR(state.sealed.Load());
  if (const auto latest = LatestKnown(state)) state.time.Begin(*latest);
  RTG_ASSIGN_OR_RETURN(std::vector<Replayed> log, ReadLog(state));
  const StoreMarks& marks = state.sealed.marks();
  RTG_RETURN_IF_ERROR(CheckComplete(marks, log));
  ParseAll(log);
  MutexLock commit_lock(state.commit_mu);
  uint64_t last = marks.next_commit - 1;
  for (const auto& batch : state.sealed.View()->batches) {
    last = std::max(last, batch->head.through_commit);
  }
  if (!log.empty()) {
    last = std::max(last, log.back().number);
    RTG_ASSIGN_OR_RETURN(const auto through, SealedThrough(state, log));
    for (Replayed& replayed : log) {
      if (!replayed.status.ok()) {
        return absl::DataLossError(
            "commit " + std::to_string(replayed.number) +
            " of the log: " + std::string(replayed.status.message()));
      }
      RTG_RETURN_IF_ERROR(
          state.live.Change([&](OpenTable& table, Places& places) {
            return Apply(state, replayed, through, table, places);
          }));
    }
    state.unflushed_writes = 1;
  }
  state.next_commit = last + 1;
  state.log_begin = log.empty() ? state.next_commit : log.front().number;
  state.last_commit = log.empty() ? marks.last_commit : log.back().number;
  return absl::OkStatus();
}

}  // namespace roentgen::storage
