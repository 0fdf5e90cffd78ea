#include "trace/assembly/split_traces.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

TraceId ShortOf(const TraceId& id) {
  TraceId cut = id;
  std::fill_n(cut.bytes.begin(), cut.bytes.size() / 2, uint8_t{0});
  return cut;
}

}  // namespace

void SplitTraces::AddShort(const TraceId& id, Timestamp start) {
  if (shorts_.size() >= limits::kShortTraceIdsMax) return;
  shorts_.try_emplace(id.LowHalf(), start);
}

void SplitTraces::AddLong(const TraceId& id, Timestamp start) {
  const auto cut = shorts_.find(id.LowHalf());
  if (cut == shorts_.end()) return;
  const auto [at, fresh] = places_.try_emplace(cut->first, found_.size());
  if (fresh) found_.push_back({.halves = {}, .start = cut->second});
  WholeTrace& whole = found_[at->second];
  // One too many tells as much as many do.
  if (whole.halves.size() > limits::kHalvesPerTraceMax) return;
  whole.halves.push_back(id);
  whole.start = std::min(whole.start, start);
}

std::vector<WholeTrace> SplitTraces::Take() {
  for (WholeTrace& whole : found_) {
    whole.halves.push_back(ShortOf(whole.halves.front()));
  }
  std::erase_if(found_, [](const WholeTrace& whole) {
    return whole.halves.size() > limits::kHalvesPerTraceMax;
  });
  shorts_.clear();
  places_.clear();
  return std::exchange(found_, {});
}

TimeRange AroundRange(const TimeRange& range) {
  constexpr int64_t kApart = limits::kHalvesApartSecondsMax * 1'000'000'000;
  TimeRange around = range;
  around.begin.ns -= std::min(
      kApart, range.begin.ns >= 0 ? kApart : range.begin.ns - INT64_MIN);
  around.end.ns +=
      std::min(kApart, range.end.ns < 0 ? kApart : INT64_MAX - range.end.ns);
  return around;
}

TraceRecords JoinHalves(std::vector<TraceRecords> halves) {
  TraceRecords whole = std::move(halves.front());
  for (size_t i = 1; i < halves.size(); ++i) {
    std::move(halves[i].records.begin(), halves[i].records.end(),
              std::back_inserter(whole.records));
  }
  std::sort(whole.records.begin(), whole.records.end(),
            [](const StoredRecord& a, const StoredRecord& b) {
              return a.sequence < b.sequence;
            });
  return whole;
}

}  // namespace roentgen::storage
