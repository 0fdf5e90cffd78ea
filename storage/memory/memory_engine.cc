#include "storage/memory/memory_engine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/limits.h"
#include "storage/assembly/trace_order.h"

namespace roentgen::storage {
namespace {

absl::Status Closed() { return absl::UnavailableError("store is closed"); }

}  // namespace

void MemoryEngine::Write(std::vector<NewRecord> records, Durability, absl::Time,
                         WriteDone done) {
  done(Append(std::move(records)));
}

absl::Status MemoryEngine::Append(std::vector<NewRecord> records) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  std::map<TraceId, size_t> added;
  for (const NewRecord& record : records) {
    // What retention hides does not come back with new records.
    const auto old = traces_.find(record.trace_id);
    if (old != traces_.end() && IsExpired(old->second)) traces_.erase(old);
    const auto found = traces_.find(record.trace_id);
    const size_t present = found == traces_.end() ? 0 : found->second.size();
    if (present + ++added[record.trace_id] > limits::kTraceRecordsMax) {
      return absl::ResourceExhaustedError(
          "trace " + record.trace_id.ToString() + " has " +
          std::to_string(limits::kTraceRecordsMax) + " documents, the limit");
    }
  }
  const uint64_t commit = ++usage_.commits;
  const Timestamp now = clock_.Now();
  uint32_t position = 0;
  for (NewRecord& record : records) {
    usage_.memory_bytes += record.document.size();
    traces_[record.trace_id].push_back(
        {.record = {.sequence = {commit, position++},
                    .received = now,
                    .format = record.format,
                    .document = std::move(record.document)},
         .facts = std::move(record.facts)});
  }
  usage_.records_written += position;
  usage_.open_records += position;
  return absl::OkStatus();
}

bool MemoryEngine::AtLimit(const TraceId& id) const {
  MutexLock lock(mu_);
  const auto found = traces_.find(id);
  return found != traces_.end() &&
         found->second.size() >= limits::kTraceRecordsMax;
}

bool MemoryEngine::IsExpired(const std::vector<Item>& items) const {
  return items.back().record.received < clock_.Now() - retention_;
}

TraceTimes MemoryEngine::TimesOfItems(const std::vector<Item>& items) {
  std::vector<RecordView> views;
  views.reserve(items.size());
  for (const Item& item : items) {
    views.push_back({item.record.sequence, item.record.received, &item.facts});
  }
  return TimesOf(views, ResolveRecords(views));
}

absl::StatusOr<std::vector<TraceRecords>> MemoryEngine::GetTraces(
    std::span<const TraceId> ids, absl::Time) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  std::vector<TraceRecords> out;
  for (const TraceId& id : ids) {
    const auto found = traces_.find(id);
    if (found == traces_.end() || IsExpired(found->second)) continue;
    TraceRecords& trace = out.emplace_back();
    trace.trace_id = id;
    for (const Item& item : found->second) trace.records.push_back(item.record);
  }
  return out;
}

absl::StatusOr<FindResult> MemoryEngine::Find(const FindRequest& request,
                                              absl::Time) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  FindResult result;
  for (const auto& [id, items] : traces_) {
    const std::optional<Timestamp> time =
        TimeOf(TimesOfItems(items), request.time_type);
    if (!time || !request.range.Contains(*time) || IsExpired(items)) continue;
    const TracePosition position{*time, id};
    if (request.after && !IsBefore(*request.after, position)) continue;
    result.traces.push_back(position);
  }
  std::sort(result.traces.begin(), result.traces.end(), IsBefore);
  result.more = result.traces.size() > request.limit;
  if (result.more) result.traces.resize(request.limit);
  return result;
}

absl::Status MemoryEngine::Retain() {
  MutexLock lock(mu_);
  std::erase_if(traces_, [this](const auto& entry) RTG_NO_ANALYSIS {
    return IsExpired(entry.second);
  });
  return absl::OkStatus();
}

absl::Status MemoryEngine::Health() const {
  MutexLock lock(mu_);
  return closed_ ? Closed() : absl::OkStatus();
}

EngineUsage MemoryEngine::Usage() const {
  MutexLock lock(mu_);
  EngineUsage usage = usage_;
  usage.open_traces = traces_.size();
  return usage;
}

absl::Status MemoryEngine::Close() {
  MutexLock lock(mu_);
  closed_ = true;
  return absl::OkStatus();
}

}  // namespace roentgen::storage
