#include "storage/live/open_table.h"

#include <algorithm>
#include <utility>

namespace roentgen::storage {
namespace {

// Above this many entities of a trace a hash set finds repeated ids.
constexpr size_t kScannedEntitiesMax = 64;
// Traces of up to this many records are resolved as records come; larger ones
// when somebody asks, so that a flood of repeats stays linear.
constexpr size_t kResolvedAtOnceMax = 64;

TraceTimes Resolve(const std::vector<OpenRecord>& records,
                   const OpenRecord* last) {
  std::vector<RecordView> views;
  views.reserve(records.size() + 1);
  for (const OpenRecord& r : records) {
    views.push_back({r.sequence, r.received, &r.facts});
  }
  if (last != nullptr) {
    views.push_back({last->sequence, last->received, &last->facts});
  }
  return TimesOf(views, ResolveRecords(views));
}

}  // namespace

void TimesTracker::Add(const OpenRecord& record,
                       const std::vector<OpenRecord>& earlier) {
  const RecordFacts& facts = record.facts;
  if (!ambiguous_) ambiguous_ = SeenBefore(facts, earlier);
  entities_ += facts.entities.size();
  if (ambiguous_) {
    stale_ = earlier.size() >= kResolvedAtOnceMax;
    if (!stale_) times_ = Resolve(earlier, &record);
    return;
  }
  // Nothing but new entities: times only widen.
  const RecordView view{record.sequence, record.received, &facts};
  const ResolvedRecord whole{.accepted = true,
                             .current = true,
                             .alive = AliveEntities(facts.entities.size(), 1)};
  const TraceTimes own = TimesOf({&view, 1}, {&whole, 1});
  if (empty_) {
    times_ = own;
  } else {
    const bool positive = own.start.ns > 0;
    if (times_.start.ns <= 0 ? positive || own.start < times_.start
                             : positive && own.start < times_.start) {
      times_.start = own.start;
    }
    times_.latest_start = std::max(times_.latest_start, own.latest_start);
    times_.event = std::max(times_.event, own.event);
    // Nothing is before everything.
    times_.service_end = std::max(times_.service_end, own.service_end);
    times_.subsegment_end = std::max(times_.subsegment_end, own.subsegment_end);
    times_.has_segment |= own.has_segment;
    if (record.sequence.commit != last_commit_) ++times_.revision;
  }
  empty_ = false;
  last_commit_ = record.sequence.commit;
}

bool TimesTracker::SeenBefore(const RecordFacts& facts,
                              const std::vector<OpenRecord>& earlier) {
  // Repeats inside the document count, too.
  if (facts.entities.size() > 1) {
    absl::flat_hash_set<EntityId> own;
    for (const EntityFact& e : facts.entities) {
      if (!own.insert(e.id).second) return true;
    }
  }
  if (entities_ + facts.entities.size() <= kScannedEntitiesMax) {
    for (const OpenRecord& record : earlier) {
      for (const EntityFact& e : record.facts.entities) {
        for (const EntityFact& f : facts.entities) {
          if (e.id == f.id) return true;
        }
      }
    }
    return false;
  }
  if (ids_.empty()) {
    for (const OpenRecord& record : earlier) {
      for (const EntityFact& e : record.facts.entities) ids_.insert(e.id);
    }
  }
  bool seen = false;
  for (const EntityFact& e : facts.entities) {
    seen |= !ids_.insert(e.id).second;
  }
  return seen;
}

TraceTimes TimesTracker::Get(const std::vector<OpenRecord>& records) const {
  return stale_ ? Resolve(records, nullptr) : times_;
}

const OpenTrace* OpenTable::Find(const TraceId& id) const {
  const auto found = traces_.find(id);
  return found == traces_.end() ? nullptr : &found->second;
}

size_t OpenTable::BytesOf(const OpenRecord& record) {
  return sizeof(OpenRecord) +
         record.facts.entities.capacity() * sizeof(EntityFact);
}

void OpenTable::CountBlock(const std::shared_ptr<const std::string>& block,
                           int change) {
  if (last_block_.second == nullptr || last_block_.first != block.get()) {
    last_block_ = {block.get(), &blocks_[block.get()]};
  }
  size_t& records = *last_block_.second;
  if (records == 0) bytes_ += block->size();
  records += static_cast<size_t>(change);
  if (records != 0) return;
  bytes_ -= block->size();
  blocks_.erase(block.get());
  last_block_ = {};
}

void OpenTable::CountCommit(uint64_t commit, int change) {
  if (last_commit_.second == nullptr || last_commit_.first != commit) {
    last_commit_ = {commit, &commits_[commit]};
  }
  size_t& count = *last_commit_.second;
  count += static_cast<size_t>(change);
  if (count != 0) return;
  commits_.erase(commit);
  last_commit_ = {};
}

void OpenTable::Add(OpenTrace& trace, OpenRecord record) {
  ++records_;
  bytes_ += BytesOf(record);
  CountBlock(record.block, 1);
  trace.bytes += record.document_bytes;
  trace.times.Add(record, trace.records);
  trace.last_received = record.received;
  trace.records.push_back(std::move(record));
}

void OpenTable::CountContext(const ContextPrint& context, OpenTrace& trace) {
  if (context.bytes == 0) return;
  if (trace.contexts.Add(context.hash)) trace.bytes += context.bytes;
}

const OpenTrace& OpenTable::Append(const TraceId& id, OpenRecord record,
                                   const ContextPrint& context) {
  OpenTrace& trace = traces_[id];
  if (!trace.opened) trace.opened = record.received;
  CountCommit(record.sequence.commit, 1);
  CountContext(context, trace);
  Add(trace, std::move(record));
  MarkChanged(id, trace);
  return trace;
}

// Nobody may ever ask for changes: traces that are gone must not pile up.
void OpenTable::MarkChanged(const TraceId& id, OpenTrace& trace) {
  if (trace.changed) return;
  trace.changed = true;
  changed_.push_back(id);
  constexpr size_t kSlack = 1'024;
  if (changed_.size() > 2 * traces_.size() + kSlack) {
    std::erase_if(changed_,
                  [this](const TraceId& t) { return !traces_.contains(t); });
  }
}

OpenChanges OpenTable::TakeChanges() {
  OpenChanges changes;
  for (const TraceId& id : changed_) {
    const auto found = traces_.find(id);
    if (found == traces_.end() || !found->second.changed) continue;
    OpenTrace& trace = found->second;
    trace.changed = false;
    trace.told = true;
    std::vector<OpenRecord>& records =
        changes.changed.emplace_back(id, std::vector<OpenRecord>()).second;
    records.reserve(trace.records.size());
    for (const OpenRecord& r : trace.records) {
      records.push_back({.sequence = r.sequence,
                         .received = r.received,
                         .block = r.block,
                         .index = r.index});
    }
  }
  changed_.clear();
  changes.gone = std::exchange(gone_, {});
  return changes;
}

void OpenTable::Reopen(const TraceId& id, ReopenedTrace reopened) {
  OpenTrace& trace = traces_[id];
  trace.was_sealed = true;
  for (const ContextPrint& context : reopened.contexts) {
    CountContext(context, trace);
  }
  for (OpenRecord& record : reopened.records) {
    record.in_log = false;
    Add(trace, std::move(record));
  }
  if (!trace.records.empty()) MarkChanged(id, trace);
}

void OpenTable::Erase(const TraceId& id) {
  const auto found = traces_.find(id);
  if (found == traces_.end()) return;
  for (const OpenRecord& record : found->second.records) {
    if (record.in_log) CountCommit(record.sequence.commit, -1);
    --records_;
    bytes_ -= BytesOf(record);
    CountBlock(record.block, -1);
  }
  if (found->second.told) gone_.push_back(id);
  traces_.erase(found);
}

std::optional<uint64_t> OpenTable::OldestCommit() const {
  if (commits_.empty()) return std::nullopt;
  return commits_.begin()->first;
}

}  // namespace roentgen::storage
