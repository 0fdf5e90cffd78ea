// Index columns over the open traces, so that they are searched as sealed
// ones are.
//
// Nobody pays for it while nobody searches: a search first indexes what
// changed since the last one. Rows are never changed: a trace that changes
// gets a new row, and its old one is dead. Rows come in segments, and a
// segment goes when its last live row does.
//
// Threads: thread-compatible; the engine guards it with one lock.
#ifndef ROENTGEN_STORAGE_LIVE_OPEN_INDEX_H_
#define ROENTGEN_STORAGE_LIVE_OPEN_INDEX_H_

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/index/index_columns.h"
#include "storage/index/trace_bitmap.h"
#include "storage/live/batch_builder.h"
#include "storage/live/kept_graph.h"
#include "storage/live/open_table.h"
#include "trace/assembly/trace.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class OpenIndex {
 public:
  // `rules` are those of the store.
  explicit OpenIndex(AssemblyRules rules = {}) : rules_(rules) {}

  struct Segment {
    IndexColumns columns;
    std::vector<bool> live;  // By ordinal.
    uint32_t live_count = 0;
    // Of groups that somebody asked for: which of the first `rows` rows meet
    // the expression that was in force from `since` on.
    struct Members {
      uint32_t rows = 0;
      TraceBitmap traces;
    };
    std::map<std::pair<std::string, Timestamp>, Members> groups;
    // What all live rows say of the service map, as of when the segment had so
    // many. Rows are only added and only die: no two states have both numbers.
    struct Graph {
      uint32_t rows = 0;
      uint32_t live_count = 0;
      KeptGraph kept = {};
    };
    Graph graph;

    TraceId trace_id(uint32_t ordinal) const;
    TraceBitmap Live() const;
  };

  // Takes note of changes; Index works them off.
  void Note(OpenChanges changes);

  // Indexes what is pending, unless `check` fails in between: what is left
  // then waits for the next call. Returns how many traces it indexed.
  absl::StatusOr<uint64_t> Index(const std::function<absl::Status()>& check,
                                 const ResolveLinks& resolve_links);

  // Traces whose rows lack their older records, for these do not read.
  const std::set<TraceId>& lacking() const { return lacking_; }

  // All live rows, each trace once.
  std::list<Segment>& segments() { return segments_; }

  // Of rows, and of what waits to be indexed; without request blocks, which the
  // table of open traces counts.
  size_t MemoryBytes() const;

 private:
  struct Place {
    Segment* segment = nullptr;
    uint32_t ordinal = 0;
  };

  // Whether the next trace goes to another segment.
  static bool IsFull(const Segment& segment);
  void Forget(const TraceId& id);
  absl::Status IndexTrace(const TraceId& id, const OpenPart& open,
                          BlockReader& reader, TraceAssembler& assembler,
                          const ResolveLinks& resolve_links);

  const AssemblyRules rules_;
  std::list<Segment> segments_;  // Addresses are stable.
  absl::flat_hash_map<TraceId, Place> places_;
  absl::flat_hash_map<TraceId, OpenPart> pending_;
  // Indexed, but some sender of their messages was not stored yet.
  absl::flat_hash_map<TraceId, OpenPart> unlinked_;
  // Of those that lack older records, which may read another time.
  absl::flat_hash_map<TraceId, OpenPart> unread_;
  std::set<TraceId> lacking_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_OPEN_INDEX_H_
