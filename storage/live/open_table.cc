#include "storage/live/open_table.h"

#include <utility>

namespace roentgen::storage {
namespace {

// Of an open trace without records: its node and its slot, half of which are
// free.
constexpr size_t kTraceBytes =
    sizeof(OpenTable::Traces::value_type) + 2 * (sizeof(void*) + 1);

}  // namespace

const OpenTrace* OpenTable::Find(const TraceId& id) const {
  const auto found = traces_.find(id);
  return found == traces_.end() ? nullptr : &found->second;
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

OpenTrace& OpenTable::Opened(const TraceId& id) {
  const auto [trace, is_new] = traces_.try_emplace(id);
  if (is_new) bytes_ += kTraceBytes;
  return trace->second;
}

void OpenTable::Add(OpenTrace& trace, OpenRecord record) {
  ++records_;
  CountBlock(record.block, 1);
  trace.bytes += record.document_bytes;
  trace.last_received = record.received;
  bytes_ -= trace.records.capacity() * sizeof(OpenRecord);
  trace.records.push_back(std::move(record));
  bytes_ += trace.records.capacity() * sizeof(OpenRecord);
}

void OpenTable::CountContext(const ContextPrint& context, OpenTrace& trace) {
  if (context.bytes == 0) return;
  if (trace.contexts.Add(context.hash)) trace.bytes += context.bytes;
}

const OpenTrace& OpenTable::Append(const TraceId& id, OpenRecord record,
                                   const ContextPrint& context) {
  OpenTrace& trace = Opened(id);
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
    changes.changed.emplace_back(id, trace);
  }
  changed_.clear();
  changes.gone = std::exchange(gone_, {});
  return changes;
}

void OpenTable::Reopen(const TraceId& id, ReopenedTrace reopened) {
  OpenTrace& trace = Opened(id);
  trace.was_sealed = true;
  for (const ContextPrint& context : reopened.contexts) {
    CountContext(context, trace);
  }
  for (OpenRecord& record : reopened.records) {
    record.in_log = false;
    reopened_bytes_ += sizeof(OpenRecord) + record.document_bytes;
    Add(trace, std::move(record));
  }
  trace.earlier = std::move(reopened.earlier);
  trace.bytes += reopened.earlier_bytes;
  for (uint64_t hash : reopened.earlier_contexts) trace.contexts.Add(hash);
  if (trace.TotalRecords() > 0) MarkChanged(id, trace);
}

void OpenTable::Erase(const TraceId& id) {
  const auto found = traces_.find(id);
  if (found == traces_.end()) return;
  for (const OpenRecord& record : found->second.records) {
    if (record.in_log) {
      CountCommit(record.sequence.commit, -1);
    } else {
      reopened_bytes_ -= sizeof(OpenRecord) + record.document_bytes;
    }
    --records_;
    CountBlock(record.block, -1);
  }
  bytes_ -= kTraceBytes + found->second.records.capacity() * sizeof(OpenRecord);
  if (found->second.told) gone_.push_back(id);
  traces_.erase(found);
}

std::optional<uint64_t> OpenTable::OldestCommit() const {
  if (commits_.empty()) return std::nullopt;
  return commits_.begin()->first;
}

}  // namespace roentgen::storage
