#include "storage/rocks/committer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "base/crash_point.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/rocks/trace_records.h"

namespace roentgen::storage {
namespace {

absl::Status QueueFull(const EngineState& state) {
  return absl::ResourceExhaustedError(
      "write queue is full (" + std::to_string(state.options.queue_bytes) +
      " bytes), or this caller's share; try again later");
}

absl::Status TableFull(const EngineState& state) {
  return absl::ResourceExhaustedError(
      "open traces fill their " +
      std::to_string(state.options.open_table_bytes) +
      " bytes and more, sealing is behind; try again later");
}

absl::Status Closing() { return absl::UnavailableError("store is closing"); }

absl::Status DeadlinePassed() {
  return absl::DeadlineExceededError("deadline passed in the queue");
}

// It stays as long as its traces are open; compressing takes more room than it
// needs.
std::shared_ptr<const std::string> Kept(std::string block) {
  block.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(block));
}

void Answer(PendingWrite& write, absl::Status status) {
  WriteOutcome outcome{.status = AsWriteError(std::move(status)),
                       .records = {}};
  if (outcome.status.ok()) outcome.records = std::move(write.outcomes);
  write.done(std::move(outcome));
}

}  // namespace

// Requests that share one log entry and one sync.
struct Committer::Group {
  std::vector<PendingWrite> writes;
  uint64_t number = 0;  // Of the commit.
  Commit commit;
  // Traces to open with their sealed records before the new ones come.
  struct Reopening {
    SealedPlace place;
    ReopenedTrace trace;
  };
  std::map<TraceId, Reopening> reopening;
  size_t reopened_bytes = 0;  // Of records of those, unpacked.
  // Records and bytes per trace, to hold each to its limits.
  struct Size {
    size_t records = 0;
    size_t bytes = 0;        // Of documents and contexts.
    ContextHashes contexts;  // Without those of `open`.
    // Of the trace where it is open; stays until something is put into the
    // table, which Apply does.
    const ContextHashes* open = nullptr;

    bool Has(const ContextPrint& context) const {
      return contexts.Has(context.hash) ||
             (open != nullptr && open->Has(context.hash));
    }
  };
  absl::flat_hash_map<TraceId, Size> sizes;
  std::chrono::nanoseconds sync_time{0};
};

absl::Status Committer::Submit(std::span<IncomingRecord> records,
                               const WriteOptions& options,
                               TraceEngine::WriteDone& done) {
  if (state_.closed) return Closing();
  RTG_RETURN_IF_ERROR(state_.gate.Puts());
  PendingWrite write;
  write.durability = options.durability;
  write.deadline = options.deadline;
  write.caller = options.caller;
  write.probe_generation = state_.live.generation();
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  absl::flat_hash_set<TraceId> traces;
  write.records.reserve(records.size());
  ContextPrinter prints;
  for (IncomingRecord& record : records) {
    if (state_.live.full().Contains(record.trace_id)) {
      write.outcomes.resize(records.size());
      write.outcomes[static_cast<size_t>(&record - records.data())] =
          RecordOutcome::kTraceFull;
      continue;
    }
    const EntityId own_id = record.facts.entities.front().id;
    builder.Add(record.trace_id, own_id, record.format, record.document,
                record.context);
    traces.insert(record.trace_id);
    write.records.push_back({record.trace_id, own_id,
                             static_cast<uint32_t>(record.document.size()),
                             prints.Of(record.context)});
  }
  if (write.records.empty()) {
    done({.status = absl::OkStatus(), .records = std::move(write.outcomes)});
    return absl::OkStatus();
  }
  if (builder.raw_bytes() > limits::kBlockBytesMax / 2) {
    return absl::ResourceExhaustedError(
        "a request of " + std::to_string(builder.raw_bytes()) +
        " bytes of documents; the limit is " +
        std::to_string(limits::kBlockBytesMax / 2));
  }
  write.traces = traces.size();
  write.block = Kept(builder.Finish());
  write.bytes =
      write.block->size() + write.records.size() * sizeof(PendingWrite::Record);
  // Sealing lags behind: push back before memory runs out. Whoever brought
  // more than its share hears it first, counting what still queues.
  const size_t bytes_max = state_.options.open_table_bytes / 4 * 5;
  const size_t own_bytes_max = state_.options.open_table_bytes / 8 * 9;
  const size_t queued = state_.queue.bytes();
  const bool has_room =
      state_.live.Read([&](const OpenTable& table, const auto&) {
        if (table.bytes() > bytes_max) return false;
        if (table.bytes() + queued > own_bytes_max &&
            state_.shares.IsAboveShare(write.caller)) {
          return false;
        }
        for (const TraceId& id : traces) {
          if (table.Find(id) == nullptr) write.probes[id];
        }
        return true;
      });
  if (!has_room) return TableFull(state_);
  for (auto& [id, place] : write.probes) {
    RTG_ASSIGN_OR_RETURN(place, state_.sealed.Locate(id));
  }
  write.done = std::move(done);
  const WriteQueue::PushResult pushed = state_.queue.Push(write);
  if (pushed == WriteQueue::PushResult::kQueued) return absl::OkStatus();
  done = std::move(write.done);
  return pushed == WriteQueue::PushResult::kFull ? QueueFull(state_)
                                                 : Closing();
}

void Committer::Run() {
  while (true) {
    std::vector<PendingWrite> writes = state_.queue.PopGroup();
    if (writes.empty()) return;
    // Elapsed time may be 0.
    state_.committing_since =
        std::max<int64_t>(1, absl::ToInt64Nanoseconds(state_.clock.Elapsed()));
    CommitGroup(std::move(writes));
    state_.committing_since = 0;
  }
}

// The committer may hang in a sync.
void Committer::AnswerExpired() {
  for (PendingWrite& write :
       state_.queue.TakeExpired(state_.clock.Now().ToTime())) {
    Answer(write, DeadlinePassed());
  }
}

void Committer::CommitGroup(std::vector<PendingWrite> writes) {
  Group group;
  // Nothing of these is stored.
  std::vector<std::pair<PendingWrite, absl::Status>> others;
  absl::Status status;
  {
    MutexLock lock(state_.commit_mu);
    const absl::Time now = state_.clock.Now().ToTime();
    for (PendingWrite& write : writes) {
      absl::Status resolved =
          write.deadline < now ? DeadlinePassed() : Admit(write, group);
      if (!resolved.ok() || write.records.empty()) {
        others.emplace_back(std::move(write), std::move(resolved));
        continue;
      }
      group.writes.push_back(std::move(write));
    }
    if (!group.writes.empty()) {
      DropUnused(group);
      status = state_.gate.Look();
    }
    if (!group.writes.empty() && status.ok()) {
      status = WriteLog(group);
      state_.SetHealth(OwnCopy(status));
      if (status.ok()) Apply(group);
    }
  }
  state_.queue.BeforeAnswers(group.sync_time);
  if (status.ok()) TellWatchers(group);
  for (auto& [write, ended] : others) Answer(write, std::move(ended));
  for (PendingWrite& write : group.writes) Answer(write, OwnCopy(status));
}

// Commits are told in their order: one thread makes them.
void Committer::TellWatchers(const Group& group) {
  if (!state_.feed.watched()) return;
  std::vector<TraceId> changed;
  absl::flat_hash_set<TraceId> seen;
  for (const PendingWrite& write : group.writes) {
    for (const PendingWrite::Record& record : write.records) {
      if (seen.insert(record.trace_id).second) {
        changed.push_back(record.trace_id);
      }
    }
  }
  state_.feed.Tell(changed);
}

absl::Status Committer::Admit(PendingWrite& write, Group& group) {
  TraceSet full;
  RTG_RETURN_IF_ERROR(Resolve(write, group, full));
  if (full.empty()) return absl::OkStatus();
  for (const TraceId& id : full) {
    // One that has room for much takes later, smaller writes.
    const Group::Size& size = group.sizes.at(id);
    if (size.records >= limits::kTraceRecordsMax / 2 ||
        size.bytes >= limits::kTraceBytesMax / 2) {
      state_.live.full().Add(id);
    }
    LogWarn("a trace is full", {{"trace", id.ToString()}});
  }
  return LeaveOut(full, write);
}

// Packs the write again without the records of traces that have no room for
// them.
absl::Status Committer::LeaveOut(const TraceSet& full, PendingWrite& write) {
  RTG_ASSIGN_OR_RETURN(const RecordBlock block,
                       RecordBlock::Parse(*write.block));
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  std::vector<PendingWrite::Record> left;
  if (write.outcomes.empty()) write.outcomes.resize(write.records.size());
  auto outcome = write.outcomes.begin();
  for (size_t i = 0; i < write.records.size(); ++i) {
    PendingWrite::Record& record = write.records[i];
    // Some were never packed.
    while (*outcome != RecordOutcome::kStored) ++outcome;
    if (full.contains(record.trace_id)) {
      *outcome++ = RecordOutcome::kTraceFull;
      continue;
    }
    ++outcome;
    const StoredRecord stored = block.Get(i);
    builder.Add(record.trace_id, record.own_id, stored);
    left.push_back(std::move(record));
  }
  write.records = std::move(left);
  write.block = Kept(builder.Finish());
  return absl::OkStatus();
}

// Decides for each trace of the write where its records go.
absl::Status Committer::Resolve(const PendingWrite& write, Group& group,
                                TraceSet& full) {
  absl::flat_hash_map<TraceId, Group::Size> added;
  added.reserve(write.traces);
  for (const PendingWrite::Record& record : write.records) {
    const auto [at, fresh] = added.try_emplace(record.trace_id);
    if (fresh) {
      RTG_RETURN_IF_ERROR(OpenForWrite(write, record.trace_id, group));
    }
    Group::Size& size = at->second;
    ++size.records;
    size.bytes += record.document_bytes;
    const ContextPrint& context = record.context;
    if (context.bytes > 0 && size.contexts.Add(context.hash) &&
        !group.sizes.at(record.trace_id).Has(context)) {
      size.bytes += context.bytes;
    }
  }
  for (const auto& [id, more] : added) {
    Group::Size& size = group.sizes[id];
    if (size.records + more.records > limits::kTraceRecordsMax ||
        size.bytes + more.bytes > limits::kTraceBytesMax) {
      full.insert(id);
      continue;
    }
    size.records += more.records;
    size.bytes += more.bytes;
    more.contexts.ForEach([&](uint64_t hash) { size.contexts.Add(hash); });
  }
  return absl::OkStatus();
}

absl::Status Committer::OpenForWrite(const PendingWrite& write,
                                     const TraceId& id, Group& group) {
  if (group.sizes.contains(id)) return absl::OkStatus();
  const bool is_open =
      state_.live.Read([&](const OpenTable& table, const auto&) {
        const OpenTrace* open = table.Find(id);
        if (open == nullptr) return false;
        group.sizes[id] = {.records = open->TotalRecords(),
                           .bytes = open->bytes,
                           .contexts = {},
                           .open = &open->contexts};
        return true;
      });
  if (is_open) return absl::OkStatus();
  std::optional<SealedPlace> place;
  bool known = false;
  if (write.probe_generation == state_.live.generation()) {
    const auto probe = write.probes.find(id);
    if (probe != write.probes.end()) {
      place = probe->second;
      known = true;
    }
  }
  if (!known) {
    RTG_ASSIGN_OR_RETURN(place, state_.sealed.Locate(id));
  }
  Group::Size present;
  if (place && place->locator.TotalRecords() >= limits::kTraceRecordsMax) {
    present.records = place->locator.TotalRecords();  // Not worth reading.
  } else if (place) {
    const bool crowded =
        state_.live.Read([&](const OpenTable& table, const auto&) {
          return IsCrowded(state_, table, group.reopened_bytes);
        });
    RTG_ASSIGN_OR_RETURN(ReopenedTrace opened,
                         ReadToReopen(state_, id, *place, crowded));
    if (opened.earlier != nullptr) {
      present.records = opened.earlier->records();
      present.bytes = opened.earlier_bytes;
      for (uint64_t hash : opened.earlier_contexts) present.contexts.Add(hash);
    }
    // Also without records: its row there must die with the next seal.
    for (const OpenRecord& record : opened.records) {
      ++present.records;
      present.bytes += record.document_bytes;
      group.reopened_bytes += sizeof(OpenRecord) + record.document_bytes;
    }
    for (const ContextPrint& context : opened.contexts) {
      present.contexts.Add(context.hash);
      present.bytes += context.bytes;
    }
    group.reopening[id] = {*std::move(place), std::move(opened)};
  }
  group.sizes[id] = std::move(present);
  return absl::OkStatus();
}

// What was refused may have asked for traces that nobody else writes to.
void Committer::DropUnused(Group& group) {
  if (group.reopening.empty()) return;
  absl::flat_hash_set<TraceId> written;
  for (const PendingWrite& write : group.writes) {
    for (const PendingWrite::Record& record : write.records) {
      written.insert(record.trace_id);
    }
  }
  std::erase_if(group.reopening, [&](const auto& entry) {
    return !written.contains(entry.first);
  });
}

absl::Status Committer::WriteLog(Group& group) {
  Commit& commit = group.commit;
  commit.received = state_.time.ForArrival();
  for (const PendingWrite& write : group.writes) {
    commit.blocks.push_back(write.block);
  }
  for (const auto& [id, reopening] : group.reopening) {
    commit.reopened.push_back(id);
  }
  // Not given back when the write fails: some of it may be on the disk.
  group.number = state_.next_commit++;
  commit.previous = state_.last_commit;
  rocksdb::WriteBatch batch;
  batch.Put(state_.log->get(), LogKey(group.number), EncodeCommit(commit));
  RTG_CRASH_POINT("before_commit");
  const auto begin = std::chrono::steady_clock::now();
  RTG_RETURN_IF_ERROR(state_.db->Write(batch, true, "while writing a commit"));
  state_.last_commit = group.number;
  group.sync_time = std::chrono::steady_clock::now() - begin;
  if (state_.options.on_sync) {
    state_.options.on_sync(absl::FromChrono(group.sync_time));
  }
  RTG_CRASH_POINT("after_wal_sync");
  // What went to files of a folder that is gone is not durable.
  return state_.gate.LookAtFolder();
}

void Committer::Apply(Group& group) {
  uint32_t position = 0;
  state_.live.Change([&](OpenTable& table, auto& places) {
    for (auto& [id, reopening] : group.reopening) {
      table.Reopen(id, std::move(reopening.trace));
      places[id] = std::move(reopening.place);
      ++state_.traces_reopened;
    }
    for (PendingWrite& write : group.writes) {
      uint32_t index = 0;
      for (PendingWrite::Record& record : write.records) {
        const OpenTrace& trace =
            table.Append(record.trace_id,
                         {.sequence = {group.number, position++},
                          .received = group.commit.received,
                          .block = write.block,
                          .index = index++,
                          .in_log = true,
                          .document_bytes = record.document_bytes,
                          .own_id = record.own_id},
                         record.context);
        if (trace.IsFull()) state_.live.full().Add(record.trace_id);
      }
      state_.shares.Add(write.caller, write.bytes);
    }
    state_.shares.FitTo(table.bytes());
  });
  ++state_.commits;
  ++state_.unflushed_writes;
  state_.records_written += position;
}

}  // namespace roentgen::storage
