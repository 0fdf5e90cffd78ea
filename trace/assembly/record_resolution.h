// Which records of a trace count, and which of their entities.
//
// Rules, per entity id, in order of arrival: the first complete version wins;
// a complete version replaces one in progress; of two in progress the later
// wins. A replaced document goes with everything embedded in it; an embedded
// entity that lost goes with what is embedded below it.
//
// Spans are never replaced: of spans with one id, those with other times, of
// another kind or of another service count beside the first; one that has all
// of these in common with it is a repeat and does not.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_RECORD_RESOLUTION_H_
#define ROENTGEN_TRACE_ASSEMBLY_RECORD_RESOLUTION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "base/timestamp.h"
#include "trace/model/record.h"

namespace roentgen::storage {

struct RecordView {
  RecordSequence sequence;
  Timestamp received;
  const RecordFacts* facts = nullptr;
};

// Per entity of a record: 1 where it counts.
using AliveEntities = absl::InlinedVector<uint8_t, 8>;

struct ResolvedRecord {
  // It changed the trace when it arrived.
  bool accepted = false;
  // It is still part of the trace: neither refused nor replaced.
  bool current = false;
  // All 0 unless `current`.
  AliveEntities alive;
};

// `records` by ascending sequence. One result per record.
std::vector<ResolvedRecord> ResolveRecords(std::span<const RecordView> records);

// The times by which a trace is found.
struct TraceTimes {
  // Earliest and latest start of an entity, attached or not, and of spans that
  // do not count.
  Timestamp start;
  Timestamp latest_start;
  // Arrival of the latest record that changed the trace.
  Timestamp event;
  // Latest end among completed segments; absent when there are none.
  std::optional<Timestamp> service_end;
  // Likewise of subsegments that came on their own, and whether there is any
  // segment, complete or not.
  std::optional<Timestamp> subsegment_end;
  bool has_segment = false;
  // Commits that changed the trace.
  int32_t revision = 0;

  // Subsegments that miss their parents stand for segments where there are
  // none.
  std::optional<Timestamp> ServiceTime() const {
    return has_segment ? service_end : subsegment_end;
  }

  friend bool operator==(const TraceTimes&, const TraceTimes&) = default;
};

TraceTimes TimesOf(std::span<const RecordView> records,
                   std::span<const ResolvedRecord> resolved);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_RECORD_RESOLUTION_H_
