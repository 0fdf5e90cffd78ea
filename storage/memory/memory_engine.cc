#include "storage/memory/memory_engine.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/limits.h"
#include "storage/record/context_table.h"
#include "trace/assembly/memory_meter.h"
#include "trace/assembly/operations.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace_graph.h"
#include "trace/assembly/trace_order.h"

namespace roentgen::storage {
namespace {

absl::Status Closed() { return absl::UnavailableError("store is closed"); }

// What lies in memory anyway is not held against the call.
Call InMemory(const Call& call) { return call.WithMemory(SIZE_MAX); }

}  // namespace

void MemoryEngine::Write(std::span<IncomingRecord> records, const WriteOptions&,
                         WriteDone done) {
  WriteOutcome outcome = Append(records);
  std::set<TraceId> changed;
  for (size_t i = 0; i < records.size() && outcome.status.ok(); ++i) {
    if (outcome.records.empty() ||
        outcome.records[i] == RecordOutcome::kStored) {
      changed.insert(records[i].trace_id);
    }
  }
  if (!changed.empty()) {
    feed_.Tell(std::vector<TraceId>(changed.begin(), changed.end()));
  }
  done(std::move(outcome));
}

WriteOutcome MemoryEngine::Append(std::span<IncomingRecord> records) {
  MutexLock lock(mu_);
  if (closed_) return {.status = Closed(), .records = {}};
  std::map<TraceId, Entry> added;  // Sizes alone.
  ContextPrinter prints;
  for (const IncomingRecord& record : records) {
    // What retention hides does not come back with new records.
    const auto old = traces_.find(record.trace_id);
    if (old != traces_.end() && IsExpired(old->second.items)) {
      traces_.erase(old);
    }
    static const Entry kNone;
    const auto found = traces_.find(record.trace_id);
    const Entry& present = found == traces_.end() ? kNone : found->second;
    Entry& more = added[record.trace_id];
    ++more.records;
    more.bytes += record.document.size();
    const ContextPrint& context = prints.Of(record.context);
    if (context.bytes > 0 && !present.contexts.contains(context.hash) &&
        more.contexts.insert(context.hash).second) {
      more.bytes += context.bytes;
    }
  }
  std::erase_if(added, [this](const auto& entry) RTG_NO_ANALYSIS {
    const auto& [id, more] = entry;
    const auto found = traces_.find(id);
    const bool present = found != traces_.end();
    return more.records + (present ? found->second.records : 0) >
               limits::kTraceRecordsMax ||
           more.bytes + (present ? found->second.bytes : 0) >
               limits::kTraceBytesMax;
  });
  WriteOutcome outcome;
  if (added.empty() && !records.empty()) {
    outcome.records.assign(records.size(), RecordOutcome::kTraceFull);
    return outcome;
  }
  for (auto& [id, more] : added) {
    Entry& entry = traces_[id];
    entry.records += more.records;
    entry.bytes += more.bytes;
    entry.contexts.merge(more.contexts);
  }
  const uint64_t commit = ++usage_.commits;
  const Timestamp now = time_.ForArrival();
  uint32_t position = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    IncomingRecord& record = records[i];
    if (!added.contains(record.trace_id)) {
      outcome.records.resize(records.size());
      outcome.records[i] = RecordOutcome::kTraceFull;
      continue;
    }
    usage_.memory_bytes += record.document.size();
    traces_[record.trace_id].items.push_back(
        {.record = {.sequence = {commit, position++},
                    .received = now,
                    .format = record.format,
                    .document = std::string(record.document),
                    .context = std::move(record.context)},
         .facts = std::move(record.facts)});
  }
  usage_.records_written += position;
  usage_.open_records += position;
  if (tests_ == nullptr) return outcome;
  const std::vector<GroupTest> tests = tests_->Tests();
  for (const auto& [id, more] : added) Assign(id, now, tests);
  return outcome;
}

// A trace that cannot be held against an expression does not meet it.
void MemoryEngine::Assign(const TraceId& id, Timestamp received,
                          std::span<const GroupTest> tests) {
  Entry& entry = traces_[id];
  entry.groups.clear();
  const TraceRecords records = RecordsOf(id, entry.items);
  for (const GroupTest& test : tests) {
    if (!test.in_force.Contains(received)) continue;
    const absl::StatusOr<bool> matches = test.matches(records);
    if (matches.ok() && *matches) entry.groups.insert(test.group_id);
  }
}

void MemoryEngine::SetGroups(const GroupTests& tests) {
  MutexLock lock(mu_);
  tests_ = &tests;
}

bool MemoryEngine::IsExpired(const std::vector<Item>& items) const {
  return items.back().record.received < time_.ForExpiry() - retention_;
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
    std::span<const TraceId> ids, const Call& call) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  std::vector<TraceRecords> out;
  MemoryMeter meter(call);
  for (const TraceId& id : ids) {
    const auto found = traces_.find(id);
    if (found == traces_.end() || IsExpired(found->second.items)) continue;
    for (const Item& item : found->second.items) {
      if (absl::Status s = meter.AddRecord(item.record); !s.ok()) return s;
    }
    out.push_back(RecordsOf(id, found->second.items));
  }
  return out;
}

TraceRecords MemoryEngine::RecordsOf(const TraceId& id,
                                     const std::vector<Item>& items) const {
  TraceRecords records{.trace_id = id, .records = {}, .rules = rules_};
  for (const Item& item : items) records.records.push_back(item.record);
  return records;
}

std::optional<Timestamp> MemoryEngine::TimeInRange(
    const std::vector<Item>& items, TimeRangeType type,
    const TimeRange& range) const {
  const TraceTimes times = TimesOfItems(items);
  const std::optional<Timestamp> time = TimeOf(times, type);
  if (!time || IsExpired(items)) return std::nullopt;
  // Traces overlap a range of starts; else they are in the range.
  const Timestamp least =
      type == TimeRangeType::kLatestStart ? times.start : *time;
  if (*time < range.begin || least >= range.end) return std::nullopt;
  return time;
}

absl::StatusOr<std::optional<int64_t>> MemoryEngine::KeyOf(
    const TraceId& id, const std::vector<Item>& items, Timestamp time,
    FindOrder order, const Call& call) const {
  if (order == FindOrder::kTime) return time.ns;
  absl::StatusOr<Trace> trace =
      AssembleTrace(RecordsOf(id, items), InMemory(call));
  if (!trace.ok()) return trace.status();
  const TraceSummary summary = Summarize(*trace);
  const std::optional<absl::Duration> duration =
      order == FindOrder::kDuration ? summary.duration : summary.response_time;
  if (!duration) return std::nullopt;
  return absl::ToInt64Nanoseconds(*duration);
}

// Only the range is looked at: the caller settles the rest.
absl::StatusOr<FindResult> MemoryEngine::Find(const FindRequest& request,
                                              const Call& call) {
  FindResult result{.scope = {.as_of = call.clock().Now(), .missing = {}}};
  MutexLock lock(mu_);
  if (closed_) return Closed();
  for (const auto& [id, entry] : traces_) {
    if (absl::Status s = call.Check(); !s.ok()) return s;
    const std::optional<Timestamp> time =
        TimeInRange(entry.items, request.time_type, request.range);
    if (!time) continue;
    absl::StatusOr<std::optional<int64_t>> key =
        KeyOf(id, entry.items, *time, request.order, call);
    if (!key.ok()) return key.status();
    if (!*key) continue;
    const TracePosition position{**key, id};
    if (request.after && !IsBefore(*request.after, position)) continue;
    result.traces.push_back({position, !request.predicate});
  }
  std::sort(result.traces.begin(), result.traces.end(),
            [](const FoundTrace& a, const FoundTrace& b) {
              return IsBefore(a.position, b.position);
            });
  result.more = result.traces.size() > request.limit;
  if (result.more) result.traces.resize(request.limit);
  result.stats.open_traces = traces_.size();
  if (request.counted) Count(request, result);
  return result;
}

void MemoryEngine::Count(const FindRequest& request, FindResult& result) const {
  const bool by_time = request.order == FindOrder::kTime;
  for (const auto& [id, entry] : traces_) {
    const std::optional<Timestamp> time =
        TimeInRange(entry.items, request.time_type, *request.counted);
    if (!time || (by_time && request.after && time->ns >= request.after->key)) {
      continue;
    }
    for (FoundTrace& found : result.traces) {
      if (by_time && found.position.key <= time->ns) ++found.passed;
    }
    ++result.passed;
  }
  if (by_time && result.more) result.passed = result.traces.back().passed;
}

absl::StatusOr<AggregateResult> MemoryEngine::Aggregate(
    const AggregateRequest& request, const Call& call) {
  AggregateResult result{.scope = {.as_of = call.clock().Now(), .missing = {}}};
  MutexLock lock(mu_);
  if (closed_) return Closed();
  for (const auto& [id, entry] : traces_) {
    if (absl::Status s = call.Check(); !s.ok()) return s;
    if (TimeInRange(entry.items, request.time_type, request.range)) {
      result.unsure.push_back(id);
    }
  }
  result.stats.open_traces = traces_.size();
  return result;
}

absl::StatusOr<std::vector<LinkEdge>> MemoryEngine::LinksOf(
    const Trace& trace, const Call& call) const {
  std::vector<LinkEdge> edges;
  for (const LinkObservation& link : ObserveLinks(trace)) {
    const auto found = traces_.find(link.sender_trace);
    if (found == traces_.end() || IsExpired(found->second.items)) continue;
    absl::StatusOr<Trace> sender = AssembleTrace(
        RecordsOf(found->first, found->second.items), InMemory(call));
    if (!sender.ok()) return sender.status();
    const auto source = FindSender(*sender, link.sender_entity);
    if (source) edges.push_back(LinkEdgeOf(link, *source));
  }
  return edges;
}

// The predicate is not looked at: the caller settles it.
absl::StatusOr<GraphResult> MemoryEngine::Graph(const GraphRequest& request,
                                                const Call& call) {
  GraphResult result{.scope = {.as_of = call.clock().Now(), .missing = {}}};
  MutexLock lock(mu_);
  if (closed_) return Closed();
  const GraphWindow window(request.range, request.period);
  for (const auto& [id, entry] : traces_) {
    if (absl::Status s = call.Check(); !s.ok()) return s;
    if (IsExpired(entry.items)) continue;
    if (!request.group_id.empty() && !entry.groups.contains(request.group_id)) {
      continue;
    }
    absl::StatusOr<Trace> trace =
        AssembleTrace(RecordsOf(id, entry.items), InMemory(call));
    if (!trace.ok()) return trace.status();
    auto links = LinksOf(*trace, call);
    if (!links.ok()) return links.status();
    if (!request.predicate) {
      AddTraceGraph(*trace, *links, window, 1, result.periods);
      continue;
    }
    GraphPeriods own;
    AddTraceGraph(*trace, *links, window, 1, own);
    if (!own.empty()) result.unsure.push_back(id);
  }
  result.stats.open_traces = traces_.size();
  return result;
}

absl::StatusOr<std::set<Operation>> MemoryEngine::OperationsIn(
    const TimeRange& range, const Call& call) const {
  std::set<Operation> operations;
  for (const auto& [id, entry] : traces_) {
    if (absl::Status s = call.Check(); !s.ok()) return s;
    if (IsExpired(entry.items) ||
        std::none_of(entry.items.begin(), entry.items.end(),
                     [&](const Item& item) {
                       return range.Contains(item.record.received);
                     })) {
      continue;
    }
    absl::StatusOr<Trace> trace =
        AssembleTrace(RecordsOf(id, entry.items), InMemory(call));
    if (!trace.ok()) return trace.status();
    for (const OperationSeen& o : ObserveOperations(*trace).operations) {
      operations.insert(SplitOperationKey(
          OperationKeyOf(o.service, o.name, o.kind, o.named)));
    }
  }
  return operations;
}

absl::StatusOr<std::vector<Operation>> MemoryEngine::Operations(
    const OperationsRequest& request, const Call& call) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  absl::StatusOr<std::set<Operation>> all = OperationsIn(request.range, call);
  if (!all.ok()) return all.status();
  std::vector<Operation> found;
  for (const Operation& operation : *all) {
    if (found.size() == request.limit) break;
    if ((!request.service || operation.service == *request.service) &&
        (!request.kind || operation.kind == *request.kind)) {
      found.push_back(operation);
    }
  }
  return found;
}

absl::StatusOr<std::vector<std::string>> MemoryEngine::Services(
    const TimeRange& range, const Call& call) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  absl::StatusOr<std::set<Operation>> all = OperationsIn(range, call);
  if (!all.ok()) return all.status();
  std::set<std::string> names;
  for (const Operation& operation : *all) names.insert(operation.service);
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<ServiceCalls> MemoryEngine::Calls(const TimeRange& range,
                                                 CallSet set,
                                                 const Call& call) {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  ServiceCalls calls;
  std::set<TraceId> halves;
  for (const WholeTrace& whole : FindSplit(AroundRange(range))) {
    halves.insert(whole.halves.begin(), whole.halves.end());
    if (!range.Contains(whole.start)) continue;
    std::vector<TraceRecords> records;
    for (const TraceId& id : whole.halves) {
      records.push_back(RecordsOf(id, traces_.at(id).items));
    }
    absl::StatusOr<Trace> trace =
        AssembleTrace(JoinHalves(std::move(records)), InMemory(call));
    if (!trace.ok()) return trace.status();
    AddCallsOf(*trace, set, calls);
  }
  for (const auto& [id, entry] : traces_) {
    if (absl::Status s = call.Check(); !s.ok()) return s;
    if (halves.contains(id) ||
        !TimeInRange(entry.items, TimeRangeType::kTraceId, range)) {
      continue;
    }
    absl::StatusOr<Trace> trace =
        AssembleTrace(RecordsOf(id, entry.items), InMemory(call));
    if (!trace.ok()) return trace.status();
    AddCallsOf(*trace, set, calls);
  }
  return calls;
}

std::vector<WholeTrace> MemoryEngine::FindSplit(const TimeRange& range) const {
  SplitTraces split;
  for (const bool is_short : {true, false}) {
    for (const auto& [id, entry] : traces_) {
      if (id.IsShort() != is_short) continue;
      const std::optional<Timestamp> start =
          TimeInRange(entry.items, TimeRangeType::kTraceId, range);
      if (!start) continue;
      if (is_short) {
        split.AddShort(id, *start);
      } else {
        split.AddLong(id, *start);
      }
    }
    if (split.empty()) break;
  }
  return split.Take();
}

std::unique_ptr<CommitWatch> MemoryEngine::Watch(CommitWatcher watcher) {
  return feed_.Watch(std::move(watcher));
}

absl::Status MemoryEngine::Retain() {
  MutexLock lock(mu_);
  std::erase_if(traces_, [this](const auto& entry) RTG_NO_ANALYSIS {
    return IsExpired(entry.second.items);
  });
  return absl::OkStatus();
}

absl::Status MemoryEngine::Purge() {
  MutexLock lock(mu_);
  if (closed_) return Closed();
  traces_.clear();
  return absl::OkStatus();
}

// Every trace is looked at.
EngineTraits MemoryEngine::traits() const { return {.exact_limits = true}; }

absl::Status MemoryEngine::CatchUp(const Call& call) {
  MutexLock lock(mu_);
  return closed_ ? Closed() : call.Check();
}

absl::Status MemoryEngine::Accepts() const {
  MutexLock lock(mu_);
  return closed_ ? Closed() : absl::OkStatus();
}

absl::Status MemoryEngine::Exact() const { return Accepts(); }

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
