#include "tests/storage/rocks/store_ledger.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

// All of the time that tests write about.
const TimeRange kEver{Timestamp::FromSeconds(1'600'000'020),
                      Timestamp::FromSeconds(1'900'000'020)};

std::set<TraceId> AllTraces(TraceEngine& engine,
                            std::vector<std::string>& faults) {
  std::set<TraceId> out;
  const auto found =
      engine.Find({.limit = 100'000}, testing_support::AnyCall());
  if (!found.ok()) {
    faults.push_back("search: " + found.status().ToString());
    return out;
  }
  for (const FoundTrace& trace : found->traces) {
    if (!out.insert(trace.position.trace_id).second) {
      faults.push_back("found twice: " + trace.position.trace_id.ToString());
    }
  }
  return out;
}

// How many traces the figures count.
uint64_t CountedTraces(TraceEngine& engine, std::vector<std::string>& faults) {
  const auto found = engine.Aggregate({}, testing_support::AnyCall());
  if (!found.ok()) {
    faults.push_back("figures: " + found.status().ToString());
    return 0;
  }
  return found->total.traces + found->unsure.size();
}

std::string Map(TraceEngine& engine, const TimeRange& range,
                std::vector<std::string>& faults) {
  const auto found = engine.Graph({.range = range}, testing_support::AnyCall());
  if (!found.ok()) {
    faults.push_back("map: " + found.status().ToString());
    return {};
  }
  // Instants are known to the second or to the minute: leave them out.
  std::string out;
  bool instant = false;
  for (const char c : testing_support::GraphText(found->periods)) {
    instant = c == '@' || (instant && c != ' ' && c != '\n');
    if (!instant && (c != ' ' || !out.ends_with(' '))) out += c;
  }
  return out;
}

// Index, locators and figures say what the records say.
void CheckFiles(RocksEngine& engine, std::vector<std::string>& faults) {
  const auto report = engine.Check({}, testing_support::AnyCall());
  // It is about to be opened again, for some write failed.
  if (absl::IsUnavailable(report.status())) return;
  if (!report.ok()) {
    faults.push_back("check: " + report.status().ToString());
    return;
  }
  for (const Finding& finding : report->findings) {
    faults.push_back("check: " + std::string(NameOf(finding.kind)) + ": " +
                     finding.text);
  }
}

}  // namespace

size_t StoreLedger::BeginWrite(std::vector<Put> puts, Moment moment) {
  MutexLock lock(mu_);
  writes_.push_back({.puts = std::move(puts), .begin = moment});
  return writes_.size() - 1;
}

size_t StoreLedger::BeginSetting(std::string key,
                                 std::optional<std::string> value,
                                 Moment moment) {
  MutexLock lock(mu_);
  changes_.push_back(
      {.key = std::move(key), .value = std::move(value), .begin = moment});
  return changes_.size() - 1;
}

void StoreLedger::EndWrite(size_t write, Moment moment) {
  MutexLock lock(mu_);
  writes_[write].end = moment;
}

void StoreLedger::EndSetting(size_t setting, Moment moment) {
  MutexLock lock(mu_);
  changes_[setting].end = moment;
}

void StoreLedger::MayExpire(Moment moment, Timestamp next_start) {
  MutexLock lock(mu_);
  expiry_ = {
      .moment = moment, .writes = writes_.size(), .next_start = next_start};
}

size_t StoreLedger::Acknowledged(Moment moment) const {
  MutexLock lock(mu_);
  return static_cast<size_t>(
      std::count_if(writes_.begin(), writes_.end(),
                    [&](const Write& w) { return w.end <= moment; }));
}

std::vector<std::string> StoreLedger::Faults(RocksEngine& engine,
                                             Moment moment) const {
  MutexLock lock(mu_);
  std::vector<std::string> faults;
  const std::vector<Put> visible = CheckDocuments(engine, moment, faults);
  CheckSettings(engine, moment, faults);
  // Else they only say the same again.
  if (faults.empty()) CheckAnswers(engine, moment, visible, faults);
  if (faults.empty()) CheckFiles(engine, faults);
  return faults;
}

std::vector<StoreLedger::Put> StoreLedger::CheckDocuments(
    RocksEngine& engine, Moment moment,
    std::vector<std::string>& faults) const {
  std::set<TraceId> traces;
  for (const Write& write : writes_) {
    for (const Put& put : write.puts) traces.insert(put.trace);
  }
  std::set<std::pair<TraceId, std::string>> there;
  for (const TraceId& id : traces) {
    const auto found = engine.GetTraces({&id, 1}, testing_support::AnyCall());
    if (!found.ok()) {
      faults.push_back(id.ToString() + ": " + found.status().ToString());
      continue;
    }
    for (const TraceRecords& trace : *found) {
      for (const StoredRecord& record : trace.records) {
        if (!there.emplace(id, record.document).second) {
          faults.push_back(id.ToString() + ": a document twice");
        }
      }
    }
  }
  std::vector<Put> visible;
  for (size_t i = 0; i < writes_.size(); ++i) {
    const Write& write = writes_[i];
    const std::string name = "write " + std::to_string(i);
    size_t found = 0;
    for (const Put& put : write.puts) {
      if (there.erase({put.trace, put.document}) == 0) continue;
      ++found;
      visible.push_back(put);
    }
    const bool may_be_gone = moment >= expiry_.moment && i < expiry_.writes;
    if (write.begin > moment && found != 0) {
      faults.push_back(name + " was not even begun");
    } else if (found != 0 && found != write.puts.size() && !may_be_gone) {
      faults.push_back(name + " is there in part");
    } else if (write.end <= moment && found == 0 && !may_be_gone) {
      faults.push_back(name + " was acknowledged and is lost");
    }
  }
  for (const auto& [id, document] : there) {
    faults.push_back(id.ToString() + ": what nobody wrote to it: " + document);
  }
  return visible;
}

void StoreLedger::CheckSettings(RocksEngine& engine, Moment moment,
                                std::vector<std::string>& faults) const {
  std::map<std::string, std::set<std::optional<std::string>>> right;
  for (const Change& change : changes_) {
    auto& values = right.try_emplace(change.key).first->second;
    if (values.empty()) values.insert(std::optional<std::string>());
    if (change.end <= moment) values.clear();
    if (change.begin <= moment) values.insert(change.value);
  }
  for (const auto& [key, values] : right) {
    const auto found = engine.settings().Get(key);
    if (!found.ok() || !values.contains(*found)) {
      faults.push_back("setting " + key + ": " +
                       (found.ok() ? found->value_or("(nothing)")
                                   : found.status().ToString()));
    }
  }
}

void StoreLedger::CheckAnswers(RocksEngine& engine, Moment moment,
                               const std::vector<Put>& visible,
                               std::vector<std::string>& faults) const {
  const ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  MemoryEngine reference(clock, absl::Hours(24 * 365 * 100));
  for (const Put& put : visible) {
    const absl::Status put_there =
        WriteAndWait(reference, {testing_support::Record(put.document)});
    if (!put_there.ok()) faults.push_back(put_there.ToString());
  }
  const std::set<TraceId> traces = AllTraces(reference, faults);
  if (AllTraces(engine, faults) != traces) {
    faults.push_back("a search finds other traces");
  }
  if (const uint64_t counted = CountedTraces(engine, faults);
      counted != traces.size()) {
    faults.push_back("figures of " + std::to_string(counted) + " traces, not " +
                     std::to_string(traces.size()));
  }
  // The map drops whole buckets, and later than searches do.
  TimeRange range = kEver;
  if (moment >= expiry_.moment) range.begin = expiry_.next_start;
  const std::string map = Map(engine, range, faults);
  const std::string right = Map(reference, range, faults);
  if (map != right) {
    faults.push_back("the map is\n" + map + "\nand not\n" + right);
  }
}

}  // namespace roentgen::storage
