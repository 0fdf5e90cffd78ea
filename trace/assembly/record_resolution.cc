#include "trace/assembly/record_resolution.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace roentgen::storage {
namespace {

// Where the current version of an entity stands.
struct Place {
  uint32_t record = 0;
  uint32_t entity = 0;
  bool complete = false;
};

// Without one there is nothing to resolve, as in nearly all traces.
bool HasRepeatedId(std::span<const RecordView> records) {
  std::vector<uint64_t> ids;
  ids.reserve(records.size());
  for (const RecordView& record : records) {
    for (const EntityFact& fact : record.facts->entities) {
      ids.push_back(fact.id.value);
    }
  }
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

class Resolver {
 public:
  explicit Resolver(std::span<const RecordView> records)
      : records_(records), resolved_(records.size()) {}

  std::vector<ResolvedRecord> Run() {
    for (uint32_t r = 0; r < records_.size(); ++r) Add(r);
    return std::move(resolved_);
  }

 private:
  void Add(uint32_t r) {
    const auto& entities = records_[r].facts->entities;
    ResolvedRecord& record = resolved_[r];
    record.alive.assign(entities.size(), 0);
    if (!Claim(r, 0)) return;
    record.accepted = true;
    record.current = true;
    for (uint32_t e = 1; e < entities.size(); ++e) {
      const auto parent = static_cast<uint32_t>(entities[e].parent);
      if (record.alive[parent]) Claim(r, e);
    }
  }

  // Makes entity `e` of record `r` the current version of its id, unless the
  // one that is there keeps its place.
  bool Claim(uint32_t r, uint32_t e) {
    const EntityFact& fact = records_[r].facts->entities[e];
    const bool span = records_[r].facts->span;
    if (span && !spans_
                     .insert({fact.id, fact.start.ns, fact.end.ns,
                              records_[r].facts->print})
                     .second) {
      return false;
    }
    const auto found = places_.find(fact.id);
    if (found != places_.end()) {
      const Place old = found->second;
      if (span && records_[old.record].facts->span) {
        resolved_[r].alive[e] = 1;
        return true;
      }
      // Of equals inside one document the first stays.
      if (old.complete || (old.record == r && !fact.complete)) return false;
      // An entity cannot replace the one it is embedded in.
      if (old.record == r && IsAncestor(r, old.entity, e)) return false;
      Drop(old);
    }
    places_[fact.id] = {r, e, fact.complete};
    resolved_[r].alive[e] = 1;
    return true;
  }

  bool IsAncestor(uint32_t r, uint32_t ancestor, uint32_t e) const {
    const auto& entities = records_[r].facts->entities;
    for (int32_t p = entities[e].parent; p >= 0;
         p = entities[static_cast<size_t>(p)].parent) {
      if (static_cast<uint32_t>(p) == ancestor) return true;
    }
    return false;
  }

  // Takes an entity and all that is embedded in it out of the trace.
  void Drop(const Place& place) {
    ResolvedRecord& record = resolved_[place.record];
    const auto& entities = records_[place.record].facts->entities;
    // Entities stand in pre-order: what is embedded follows at once.
    const auto top = static_cast<int32_t>(place.entity);
    for (uint32_t e = place.entity; e < entities.size(); ++e) {
      if (e != place.entity && entities[e].parent < top) break;
      if (!record.alive[e]) continue;
      record.alive[e] = 0;
      places_.erase(entities[e].id);
    }
    if (place.entity == 0) record.current = false;
  }

  std::span<const RecordView> records_;
  std::vector<ResolvedRecord> resolved_;
  absl::flat_hash_map<EntityId, Place> places_;
  // Id, start, end and print of the spans that count.
  absl::flat_hash_set<std::tuple<EntityId, int64_t, int64_t, uint32_t>> spans_;
};

}  // namespace

std::vector<ResolvedRecord> ResolveRecords(
    std::span<const RecordView> records) {
  if (HasRepeatedId(records)) return Resolver(records).Run();
  std::vector<ResolvedRecord> resolved(records.size());
  for (size_t r = 0; r < records.size(); ++r) {
    resolved[r].accepted = true;
    resolved[r].current = true;
    resolved[r].alive.assign(records[r].facts->entities.size(), 1);
  }
  return resolved;
}

TraceTimes TimesOf(std::span<const RecordView> records,
                   std::span<const ResolvedRecord> resolved) {
  TraceTimes times{.start = Timestamp::Max(),
                   .latest_start = Timestamp::Min(),
                   .event = Timestamp::Min()};
  std::optional<Timestamp> any_start;
  std::optional<uint64_t> last_commit;
  for (size_t r = 0; r < records.size(); ++r) {
    const RecordFacts& facts = *records[r].facts;
    if (resolved[r].accepted) {
      times.event = std::max(times.event, records[r].received);
      if (last_commit != records[r].sequence.commit) ++times.revision;
      last_commit = records[r].sequence.commit;
    }
    // Spans are found as such also where they do not count.
    if (!resolved[r].current && !facts.span) continue;
    for (size_t e = 0; e < facts.entities.size(); ++e) {
      if (!resolved[r].alive[e] && !facts.span) continue;
      const Timestamp start = facts.entities[e].start;
      if (start.ns > 0) times.start = std::min(times.start, start);
      times.latest_start = std::max(times.latest_start, start);
      if (!any_start || start < *any_start) any_start = start;
    }
    const EntityFact& own = facts.entities.front();
    if (!resolved[r].current) continue;
    times.has_segment |= !facts.independent_subsegment;
    if (!own.complete) continue;
    std::optional<Timestamp>& end =
        facts.independent_subsegment ? times.subsegment_end : times.service_end;
    end = std::max(end.value_or(own.end), own.end);
  }
  // Only times at or before the epoch: better an odd time than none.
  if (times.start == Timestamp::Max() && any_start) times.start = *any_start;
  return times;
}

}  // namespace roentgen::storage
